import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryNTimes;

/** Curator's barriers and counters, for whoever writes to the standard input; see peer.ts. */
public final class CuratorPeer {
  /** Longer than a test waits. */
  private static final int WAIT_SECONDS = 60;

  private final CuratorFramework client;
  private final Map<String, DistributedDoubleBarrier> doubleBarriers = new ConcurrentHashMap<>();

  private CuratorPeer(CuratorFramework client) {
    this.client = client;
  }

  public static void main(String[] arguments) throws Exception {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(arguments[0])
            .retryPolicy(new RetryNTimes(3, 100))
            .ensembleTracker(false)
            .build();
    client.start();
    CuratorPeer peer = new CuratorPeer(client);
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      Thread thread = new Thread(() -> peer.answer(words));
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void answer(String[] words) {
    String text;
    try {
      text = "ok " + work(words);
    } catch (Throwable error) {
      text = "error " + error;
    }
    System.out.println(words[0] + " " + text);
  }

  private Object work(String[] words) throws Exception {
    String path = words[2];
    switch (words[1]) {
      case "barrier-create":
        new DistributedBarrier(client, path).setBarrier();
        return "";
      case "barrier-remove":
        new DistributedBarrier(client, path).removeBarrier();
        return "";
      case "barrier-wait":
        return new DistributedBarrier(client, path).waitOnBarrier(WAIT_SECONDS, TimeUnit.SECONDS);
      case "double-enter":
        return doubleBarrier(path, words[3]).enter(WAIT_SECONDS, TimeUnit.SECONDS);
      case "double-leave":
        return doubleBarrier(path, words[3]).leave(WAIT_SECONDS, TimeUnit.SECONDS);
      case "counter-add":
        return words[3].equals("int64")
            ? addLong(path, Long.parseLong(words[4]))
            : addCount(path, Integer.parseInt(words[4]));
      case "counter-get":
        return words[3].equals("int64") ? number(path).get().postValue() : count(path);
      default:
        throw new IllegalArgumentException(words[1]);
    }
  }

  private DistributedDoubleBarrier doubleBarrier(String path, String size) {
    return doubleBarriers.computeIfAbsent(
        path, key -> new DistributedDoubleBarrier(client, key, Integer.parseInt(size)));
  }

  private DistributedAtomicLong number(String path) {
    return new DistributedAtomicLong(client, path, new RetryNTimes(1_000, 1));
  }

  private long addLong(String path, long delta) throws Exception {
    AtomicValue<Long> value = number(path).add(delta);
    if (!value.succeeded()) throw new IllegalStateException("not added");
    return value.postValue();
  }

  private int count(String path) throws Exception {
    try (SharedCount count = new SharedCount(client, path, 0)) {
      count.start();
      return count.getCount();
    }
  }

  private int addCount(String path, int delta) throws Exception {
    try (SharedCount count = new SharedCount(client, path, 0)) {
      count.start();
      while (true) {
        int sum = count.getCount() + delta;
        if (count.trySetCount(count.getVersionedValue(), sum)) return sum;
      }
    }
  }
}
