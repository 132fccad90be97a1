import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.StringJoiner;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.ExponentialBackoffRetry;

/** Acquires and releases Curator's InterProcessMutex, all the time, when told to: see lock-program.ts. */
public final class CuratorLock {
  /** Shows where it is held. */
  private static final class Mutex extends InterProcessMutex {
    Mutex(CuratorFramework client, String path) {
      super(client, path);
    }

    long number() {
      String path = getLockPath();
      return Long.parseLong(path.substring(path.length() - 10));
    }
  }

  public static void main(String[] arguments) throws Exception {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(arguments[0], new ExponentialBackoffRetry(100, 5));
    client.start();
    client.blockUntilConnected();
    System.out.println("ready");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      System.out.println(cycle(new Mutex(client, words[0]), Double.parseDouble(words[1])));
    }
    client.close();
  }

  private static String cycle(Mutex mutex, double seconds) throws Exception {
    StringJoiner figures = new StringJoiner(" ");
    long started = System.nanoTime();
    long now = started;
    long number = -1;
    while (now - started < seconds * 1e9) {
      mutex.acquire();
      if (mutex.number() <= number) throw new IllegalStateException("a number came again");
      number = mutex.number();
      mutex.release();
      long done = System.nanoTime();
      figures.add(Long.toString(Math.round((done - now) / 1e3)));
      now = done;
    }
    return Math.round((now - started) / 1e3) + " " + figures;
  }
}
