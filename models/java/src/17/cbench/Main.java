package cbench;

import cbench.kit.Model;
import cbench.kit.Trial;
import java.io.IOException;

/**
 * The Java models: the program that models/java/model.json names, which runs one trial
 * (docs/protocol.md).
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws IOException {
    Trial.main(Main::make);
  }

  private static Model make(String name, Model.Environment environment) {
    return switch (name) {
      case "java-sequential" -> new Sequential(environment);
      case "java-threads" -> new ThreadForEachTask(environment);
      case "java-pool" -> new Pool(environment);
      case "java-futures" -> new Futures(environment);
      case "java-virtual" -> ofNewerJava("cbench.VirtualThreads", environment);
      case "java-structured" -> ofNewerJava("cbench.StructuredThreads", environment);
      default -> null;
    };
  }

  /** What the compiler of another JDK may have left out (models/java/compile). */
  private static Model ofNewerJava(String type, Model.Environment environment) {
    try {
      return (Model)
          Class.forName(type).getConstructor(Model.Environment.class).newInstance(environment);
    } catch (ReflectiveOperationException | LinkageError missing) {
      throw new cbench.kit.Unsupported(
          "%s is not compiled for this Java, %s: it is too old, or its previews are others"
              .formatted(type, System.getProperty("java.version")));
    }
  }
}
