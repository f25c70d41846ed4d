package cbench.kit;

/** What this runtime, or one of its models, cannot do: the trial is refused before it is set up. */
public final class Unsupported extends RuntimeException {
  public Unsupported(String reason) {
    super(reason);
  }
}
