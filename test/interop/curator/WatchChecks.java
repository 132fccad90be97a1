import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;
import static support.Expect.raises;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.NoWatcherException;
import org.apache.zookeeper.Watcher;
import support.Check;
import support.Context;
import support.Events;
import support.Link;

/** Watches that stay, and watches that are taken away. */
public final class WatchChecks {
  private WatchChecks() {}

  private static void addWatch(
      CuratorFramework client, AddWatchMode mode, Events events, String path) throws Exception {
    client.watchers().add().withMode(mode).usingWatcher((CuratorWatcher) events).forPath(path);
  }

  @Check
  public static void aPersistentWatchHearsOfZnodeAndChildren(Context context) throws Exception {
    CuratorFramework reader = context.connect();
    CuratorFramework writer = context.connect();
    String path = context.path("a");
    Events events = new Events();
    addWatch(reader, AddWatchMode.PERSISTENT, events, path);
    writer.create().forPath(path);
    writer.setData().forPath(path, bytes("one"));
    writer.setData().forPath(path, bytes("two"));
    writer.create().forPath(path + "/child");
    writer.setData().forPath(path + "/child", bytes("not told"));
    writer.delete().forPath(path + "/child");
    writer.delete().forPath(path);
    writer.create().forPath(path);
    events.await(
        "NodeCreated " + path,
        "NodeDataChanged " + path,
        "NodeDataChanged " + path,
        "NodeChildrenChanged " + path,
        "NodeChildrenChanged " + path,
        "NodeDeleted " + path,
        "NodeCreated " + path);
    Events.flush(reader, context.path("fence"));
    equal(events.seen().size(), 7, "the number of events");
  }

  @Check
  public static void aRecursiveWatchHearsOfTheWholeSubtree(Context context) throws Exception {
    CuratorFramework reader = context.connect();
    CuratorFramework writer = context.connect();
    String path = context.path("a");
    Events events = new Events();
    addWatch(reader, AddWatchMode.PERSISTENT_RECURSIVE, events, path);
    writer.create().forPath(path);
    writer.create().forPath(path + "/b");
    writer.create().forPath(path + "/b/c");
    writer.setData().forPath(path + "/b/c", bytes("x"));
    writer.delete().forPath(path + "/b/c");
    writer.create().forPath(context.path("ab"));
    writer.setData().forPath(path, bytes("x"));
    events.await(
        "NodeCreated " + path,
        "NodeCreated " + path + "/b",
        "NodeCreated " + path + "/b/c",
        "NodeDataChanged " + path + "/b/c",
        "NodeDeleted " + path + "/b/c",
        "NodeDataChanged " + path);
  }

  @Check
  public static void theRootCanBeWatched(Context context) throws Exception {
    CuratorFramework reader = context.connect();
    CuratorFramework writer = context.connect();
    Events events = new Events();
    addWatch(reader, AddWatchMode.PERSISTENT_RECURSIVE, events, "/");
    writer.create().forPath(context.path("a"));
    eventually(() -> events.has("NodeCreated " + context.path("a")), "the creation is seen");
    writer.setData().forPath(context.path("a"), bytes("x"));
    eventually(() -> events.has("NodeDataChanged " + context.path("a")), "the change is seen");
  }

  @Check
  public static void watchesThatStaySurviveALostConnection(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework reader = context.connect(link);
    CuratorFramework writer = context.connect();
    String one = context.path("one");
    String all = context.path("all");
    Events persistent = new Events();
    Events recursive = new Events();
    Events states = new Events();
    writer.create().forPath(one);
    writer.create().forPath(all);
    addWatch(reader, AddWatchMode.PERSISTENT, persistent, one);
    addWatch(reader, AddWatchMode.PERSISTENT_RECURSIVE, recursive, all);
    reader.getConnectionStateListenable().addListener((source, state) -> states.add("" + state));
    link.cut();
    states.await("SUSPENDED", "RECONNECTED");
    for (String path : new String[] {one, all}) {
      writer.setData().forPath(path, bytes("x"));
      writer.create().forPath(path + "/b");
    }
    persistent.await("NodeDataChanged " + one, "NodeChildrenChanged " + one);
    recursive.await("NodeDataChanged " + all, "NodeCreated " + all + "/b");
  }

  @Check
  public static void aWatchThatIsTakenAwayHearsNoMore(Context context) throws Exception {
    CuratorFramework reader = context.connect();
    CuratorFramework writer = context.connect();
    String path = context.path("a");
    writer.create().forPath(path);
    Events stays = new Events();
    Events removed = new Events();
    addWatch(reader, AddWatchMode.PERSISTENT, removed, path);
    reader.watchers().remove((CuratorWatcher) removed).forPath(path);
    removed.await("PersistentWatchRemoved " + path);
    addWatch(reader, AddWatchMode.PERSISTENT, stays, path);
    writer.setData().forPath(path, bytes("x"));
    stays.await("NodeDataChanged " + path);
    equal(removed.seen().size(), 1, "events of the watch that was removed");
  }

  @Check
  public static void oneShotWatchesAreTakenAwayByType(Context context) throws Exception {
    CuratorFramework reader = context.connect();
    CuratorFramework writer = context.connect();
    String path = context.path("a");
    writer.create().forPath(path);
    Events data = new Events();
    Events children = new Events();
    reader.getData().usingWatcher((CuratorWatcher) data).forPath(path);
    reader.getChildren().usingWatcher((CuratorWatcher) children).forPath(path);
    reader.watchers().removeAll().ofType(Watcher.WatcherType.Data).forPath(path);
    data.await("DataWatchRemoved " + path);
    writer.setData().forPath(path, bytes("x"));
    writer.create().forPath(path + "/b");
    children.await("NodeChildrenChanged " + path);
    Events.flush(reader, context.path("fence"));
    equal(data.seen().size(), 1, "events of the data watch");
  }

  @Check
  public static void aWatchThatIsNotThereCannotBeTakenAway(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    client.create().forPath(path);
    CuratorWatcher watcher = new Events();
    raises(NoWatcherException.class, () -> client.watchers().remove(watcher).forPath(path));
    client.watchers().remove(watcher).quietly().forPath(path);
    equal(client.checkExists().forPath(path).getVersion(), 0, "the client still works; version");
  }

  @Check
  public static void persistentWatcherComesBackWithANewSession(Context context) throws Exception {
    CuratorFramework reader = context.connect(context.link());
    CuratorFramework writer = context.connect();
    String path = context.path("a");
    Events events = new Events();
    PersistentWatcher watcher = context.closing(new PersistentWatcher(reader, path, true));
    Events resets = new Events();
    watcher.getListenable().addListener((Watcher) events);
    watcher.getResetListenable().addListener(() -> resets.add("reset"));
    watcher.start();
    resets.await("reset");
    writer.create().forPath(path);
    events.await("NodeCreated " + path);
    context.endSession(reader);
    resets.await("reset", "reset");
    writer.create().forPath(path + "/b");
    eventually(() -> events.has("NodeCreated " + path + "/b"), "the creation is seen");
    holds(!events.has("NodeDeleted " + path), "nothing else is seen");
  }
}
