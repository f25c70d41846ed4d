package cbench;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The command of the manifest. */
class CommandTest {
  private static List<String> optionsOfTheVm() throws IOException {
    List<String> options = new ArrayList<>();
    JsonParser.parseString(Files.readString(Path.of("model.json")))
        .getAsJsonObject()
        .getAsJsonArray("command")
        .forEach(word -> options.add(word.getAsString()));
    options.removeIf(word -> !word.startsWith("-XX:"));
    return options;
  }

  /** What the parent reads: standard output is not for the words of a runtime. */
  @Test
  void aVirtualMachineThatEndsSaysWhyOnStandardError() throws Exception {
    List<String> command = optionsOfTheVm();
    command.add(0, System.getProperty("java.home") + "/bin/java");
    command.addAll(List.of("-Xms2g", "-Xmx1g", "cbench.Main"));
    Process machine =
        new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    machine.getOutputStream().close();
    String said = new String(machine.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertNotEquals(0, machine.waitFor());
    assertTrue(said.contains("Error occurred during initialization of VM"), said);
  }
}
