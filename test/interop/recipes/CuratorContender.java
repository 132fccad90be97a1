import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.locks.Revoker;
import org.apache.curator.retry.RetryForever;

/**
 * Contends with Curator's recipes, as it is told line by line: {@code take NAME KIND PATH}, {@code try NAME KIND PATH}, {@code give
 * NAME}, {@code count NAME KIND PATH ZNODE ROUNDS}, {@code revoke PATH}. It answers {@code held}, {@code refused}, {@code gave}, {@code
 * counted} and {@code asked} with the name.
 */
public final class CuratorContender {
  private CuratorContender() {}

  /** Something to hold. Each has a thread of its own, since Curator's locks belong to threads. */
  private interface Turn {
    /** Whether it is held; without a wait it need not be. */
    boolean take(boolean isWaiting) throws Exception;

    void give() throws Exception;
  }

  private interface Task {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(arguments[0], 30_000, 30_000, new RetryForever(100));
    client.start();
    Map<String, Turn> turns = new ConcurrentHashMap<>();
    Map<String, ExecutorService> threads = new ConcurrentHashMap<>();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      String name = words[1];
      ExecutorService thread =
          threads.computeIfAbsent(name, any -> Executors.newSingleThreadExecutor());
      Task task =
          () -> {
            switch (words[0]) {
              case "take", "try" -> {
                Turn turn = turnOf(client, name, words[2], words[3]);
                turns.put(name, turn);
                say(turn.take(words[0].equals("take")) ? "held" : "refused", name);
              }
              case "give" -> {
                turns.get(name).give();
                say("gave", name);
              }
              case "count" -> {
                Turn turn = turnOf(client, name, words[2], words[3]);
                for (int round = 0; round < Integer.parseInt(words[5]); round++) {
                  turn.take(true);
                  String count = new String(client.getData().forPath(words[4]));
                  String next = String.valueOf(Integer.parseInt(count) + 1);
                  client.setData().forPath(words[4], next.getBytes());
                  turn.give();
                }
                say("counted", name);
              }
              default -> Revoker.attemptRevoke(client, name);
            }
          };
      thread.submit(
          () -> {
            try {
              task.run();
            } catch (Exception problem) {
              say("failed " + problem, name);
            }
          });
    }
    System.exit(0);
  }

  private static synchronized void say(String what, String name) {
    System.out.println(what + " " + name);
  }

  private static Turn turnOf(CuratorFramework client, String name, String kind, String path) {
    return switch (kind) {
      case "lock" -> turnOf(new InterProcessMutex(client, path));
      case "revocable" -> {
        InterProcessMutex mutex = new InterProcessMutex(client, path);
        mutex.makeRevocable(any -> say("asked", name));
        yield turnOf(mutex);
      }
      case "read" -> turnOf(new InterProcessReadWriteLock(client, path).readLock());
      case "write" -> turnOf(new InterProcessReadWriteLock(client, path).writeLock());
      case "semaphore" -> turnOf(new InterProcessSemaphoreV2(client, path, 2));
      case "latch" -> turnOf(new LeaderLatch(client, path, name));
      case "selector" -> selectorTurn(client, path, name);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private static Turn turnOf(InterProcessMutex mutex) {
    return new Turn() {
      @Override
      public boolean take(boolean isWaiting) throws Exception {
        if (!isWaiting) return mutex.acquire(0, TimeUnit.MILLISECONDS);
        mutex.acquire();
        return true;
      }

      @Override
      public void give() throws Exception {
        mutex.release();
      }
    };
  }

  private static Turn turnOf(InterProcessSemaphoreV2 semaphore) {
    return new Turn() {
      private Lease lease;

      @Override
      public boolean take(boolean isWaiting) throws Exception {
        lease = isWaiting ? semaphore.acquire() : semaphore.acquire(0, TimeUnit.MILLISECONDS);
        return lease != null;
      }

      @Override
      public void give() {
        semaphore.returnLease(lease);
      }
    };
  }

  private static Turn turnOf(LeaderLatch latch) {
    return new Turn() {
      @Override
      public boolean take(boolean isWaiting) throws Exception {
        latch.start();
        latch.await();
        return true;
      }

      @Override
      public void give() throws Exception {
        latch.close();
      }
    };
  }

  private static Turn selectorTurn(CuratorFramework client, String path, String name) {
    CountDownLatch leading = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    LeaderSelector selector =
        new LeaderSelector(
            client,
            path,
            new LeaderSelectorListenerAdapter() {
              @Override
              public void takeLeadership(CuratorFramework any) throws Exception {
                leading.countDown();
                over.await();
              }
            });
    selector.setId(name);
    return new Turn() {
      @Override
      public boolean take(boolean isWaiting) throws Exception {
        selector.start();
        leading.await();
        return true;
      }

      @Override
      public void give() {
        over.countDown();
      }
    };
  }
}
