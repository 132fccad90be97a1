package support;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What checks say about what they see; each of these fails the check when it is not so. */
public final class Expect {
  /** How long something that should happen at once may take on a busy machine. */
  public static final int SOON_SECONDS = 15;

  private static final int TEXT_LENGTH_MAX = 300;
  private static final int POLL_MS = 10;

  /** Something that may fail, as most of Curator may. */
  public interface Action {
    void run() throws Exception;
  }

  private Expect() {}

  public static void equal(Object actual, Object expected, String what) {
    if (!Objects.equals(actual, expected)) {
      throw new CheckFailed(what + " is " + brief(actual) + ", not " + brief(expected));
    }
  }

  public static void holds(boolean condition, String what) {
    if (!condition) {
      throw new CheckFailed("not so: " + what);
    }
  }

  /** Runs the action, which must throw exactly this class, not one derived from it. */
  public static <T extends Exception> T raises(Class<T> exception, Action action)
      throws InterruptedException {
    try {
      action.run();
    } catch (InterruptedException interrupted) {
      throw interrupted;
    } catch (Exception error) {
      if (error.getClass() == exception) {
        return exception.cast(error);
      }
      throw new CheckFailed(error + " was thrown, not " + exception.getSimpleName(), error);
    }
    throw new CheckFailed(exception.getSimpleName() + " was not thrown");
  }

  public static void eventually(Callable<Boolean> condition, String what) throws Exception {
    eventually(SOON_SECONDS, condition, what);
  }

  /** Waits until the condition is true. */
  public static void eventually(int seconds, Callable<Boolean> condition, String what)
      throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.call()) {
      if (System.nanoTime() > deadline) {
        throw new CheckFailed("still not so after " + seconds + " s: " + what);
      }
      Thread.sleep(POLL_MS);
    }
  }

  /** Starts the task in a thread of its own; `result` waits for it. */
  public static <T> Future<T> start(Callable<T> task) {
    FutureTask<T> future = new FutureTask<>(task);
    Thread thread = new Thread(future, "task of a check");
    thread.setDaemon(true);
    thread.start();
    return future;
  }

  /** What the task returned, or what it threw. */
  public static <T> T result(Future<T> task, String what) throws Exception {
    try {
      return task.get(SOON_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException error) {
      throw new CheckFailed("did not end within " + SOON_SECONDS + " s: " + what, error);
    } catch (ExecutionException error) {
      if (error.getCause() instanceof Exception) {
        throw (Exception) error.getCause();
      }
      throw error;
    }
  }

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  public static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  private static String brief(Object value) {
    String text = String.valueOf(value);
    return text.length() <= TEXT_LENGTH_MAX ? text : text.substring(0, TEXT_LENGTH_MAX) + "...";
  }
}
