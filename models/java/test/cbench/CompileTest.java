package cbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What models/java/compile asks of compilers of several versions. Runs in models/java, as `check`
 * does.
 */
class CompileTest {
  @TempDir Path folder;

  /**
   * The options of each call of a compiler that says it is of that version, and fails if told so.
   */
  private List<String> asked(String version, String failing) throws Exception {
    Path javac = folder.resolve("javac");
    Path calls = folder.resolve("calls");
    Files.writeString(
        javac,
        """
        #!/bin/sh
        [ "$1" != -version ] || { echo "javac %s"; exit; }
        echo "$@" >> %s
        case "$*" in *"%s"*) exit 1; esac
        """
            .formatted(version, calls, failing));
    assertTrue(javac.toFile().setExecutable(true));
    Process process =
        new ProcessBuilder("sh", "compile", javac.toString(), folder.resolve("out").toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), said);
    return Files.readAllLines(calls).stream().map(CompileTest::options).toList();
  }

  private static String options(String call) {
    return call.replaceAll(".*(--release \\d+( --enable-preview)?).*", "$1");
  }

  @Test
  void anOldJdkCompilesWhatItKnows() throws Exception {
    assertEquals(List.of("--release 17"), asked("17.0.1", "nothing"));
  }

  @Test
  void aPreviewIsCompiledForTheVersionOfTheJdk() throws Exception {
    for (String version : List.of("25", "26")) {
      Files.deleteIfExists(folder.resolve("calls"));
      assertEquals(
          List.of(
              "--release 17", "--release 21", "--release %s --enable-preview".formatted(version)),
          asked(version + ".0.1", "nothing"));
    }
  }

  @Test
  void aPreviewWhoseInterfaceHasChangedLeavesTheOthersAlone() throws Exception {
    assertEquals(3, asked("27-ea", "--enable-preview").size());
  }
}
