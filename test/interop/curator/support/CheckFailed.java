package support;

/** What was observed is not what ZooKeeper does. */
final class CheckFailed extends RuntimeException {
  private static final long serialVersionUID = 1;

  CheckFailed(String message) {
    super(message);
  }

  CheckFailed(String message, Throwable cause) {
    super(message, cause);
  }
}
