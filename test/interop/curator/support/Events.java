package support;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;

/** Keeps what it is told, in order, as text: of watch events type and path. */
public final class Events implements Watcher, CuratorWatcher {
  private final List<String> seen = new CopyOnWriteArrayList<>();

  @Override
  public void process(WatchedEvent event) {
    if (event.getType() != Event.EventType.None) {
      add(event.getType() + " " + event.getPath());
    }
  }

  public void add(String event) {
    seen.add(event);
  }

  public List<String> seen() {
    return List.copyOf(seen);
  }

  public boolean has(String event) {
    return seen.contains(event);
  }

  /** Waits until there are as many, which must then be exactly these. */
  public void await(String... expected) throws Exception {
    Expect.eventually(
        () -> seen.size() >= expected.length,
        String.join(", ", expected) + " is seen; so far " + seen);
    Expect.equal(seen(), List.of(expected), "what is seen");
  }

  /** Waits until the last of what is seen are these. */
  public void awaitLast(String... expected) throws Exception {
    Expect.eventually(
        () -> {
          List<String> now = seen();
          int from = Math.max(0, now.size() - expected.length);
          return now.subList(from, now.size()).equals(List.of(expected));
        },
        "the last seen are " + String.join(", ", expected));
  }

  /**
   * Returns when the client has run every watcher whose change came before this call: they run one
   * after the other, in the order in which the events came.
   */
  public static void flush(CuratorFramework client, String fence) throws Exception {
    Events events = new Events();
    client.checkExists().usingWatcher((CuratorWatcher) events).forPath(fence);
    client.create().forPath(fence);
    events.await("NodeCreated " + fence);
    client.delete().forPath(fence);
  }
}
