import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.text;

import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import support.Check;
import support.Context;
import support.Events;
import support.Link;

/** CuratorCache, which stands on one persistent recursive watch. */
public final class CuratorCacheChecks {
  private CuratorCacheChecks() {}

  private static String brief(ChildData child) {
    return child.getPath().replaceAll(".*/", "") + " " + text(child.getData());
  }

  /** Starts the cache, and returns what it tells: first of what is there, then "initialized". */
  private static Events follow(CuratorCache cache) {
    Events seen = new Events();
    cache
        .listenable()
        .addListener(
            CuratorCacheListener.builder()
                .forCreates(child -> seen.add("created " + brief(child)))
                .forChanges((old, now) -> seen.add("changed " + brief(old) + " to " + brief(now)))
                .forDeletes(child -> seen.add("deleted " + brief(child)))
                .forInitialized(() -> seen.add("initialized"))
                .build());
    cache.start();
    return seen;
  }

  private static String data(CuratorCache cache, String path) {
    return cache.get(path).map(child -> text(child.getData())).orElse(null);
  }

  @Check
  public static void loadsWhatIsThere(Context context) throws Exception {
    CuratorFramework writer = context.connect();
    String path = context.path("tree");
    for (int number = 0; number < 20; number++) {
      writer.create().creatingParentsIfNeeded().forPath(path + "/a/n" + number, bytes("" + number));
    }
    CuratorCache cache = context.closing(CuratorCache.build(context.connect(), path));
    Events seen = follow(cache);
    seen.awaitLast("initialized");
    equal(cache.size(), 22, "the size");
    equal(seen.seen().size(), 23, "the number of events");
    for (int number = 0; number < 20; number++) {
      equal(data(cache, path + "/a/n" + number), "" + number, "the data of n" + number);
    }
  }

  @Check
  public static void tellsOfEveryChange(Context context) throws Exception {
    CuratorFramework writer = context.connect();
    String path = context.path("tree");
    writer.create().forPath(path, bytes("0"));
    CuratorCache cache = context.closing(CuratorCache.build(context.connect(), path));
    Events seen = follow(cache);
    seen.await("created tree 0", "initialized");
    writer.create().forPath(path + "/a", bytes("1"));
    seen.awaitLast("created a 1");
    writer.create().forPath(path + "/a/b", bytes("2"));
    seen.awaitLast("created b 2");
    writer.setData().forPath(path + "/a/b", bytes("3"));
    seen.awaitLast("changed b 2 to b 3");
    writer.delete().forPath(path + "/a/b");
    seen.awaitLast("deleted b 3");
    writer.delete().forPath(path + "/a");
    seen.awaitLast("deleted a 1");
    writer.setData().forPath(path, bytes("4"));
    seen.await(
        "created tree 0",
        "initialized",
        "created a 1",
        "created b 2",
        "changed b 2 to b 3",
        "deleted b 3",
        "deleted a 1",
        "changed tree 0 to tree 4");
    equal(cache.size(), 1, "the size");
  }

  @Check
  public static void awaitsARootThatIsNotThere(Context context) throws Exception {
    CuratorFramework writer = context.connect();
    String path = context.path("later");
    CuratorCache cache = context.closing(CuratorCache.build(context.connect(), path));
    Events seen = follow(cache);
    seen.await("initialized");
    writer.create().creatingParentsIfNeeded().forPath(path + "/a", bytes("1"));
    eventually(() -> "1".equals(data(cache, path + "/a")), "the child is seen");
    writer.delete().deletingChildrenIfNeeded().forPath(path);
    eventually(() -> cache.size() == 0, "the deletion is seen");
  }

  @Check
  public static void seesWhatItMissedDuringALostConnection(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework reader = context.connect(link);
    CuratorFramework writer = context.connect();
    String path = context.path("tree");
    for (String name : List.of("gone", "changed", "same")) {
      writer.create().creatingParentsIfNeeded().forPath(path + "/" + name, bytes("1"));
    }
    CuratorCache cache = context.closing(CuratorCache.build(reader, path));
    Events seen = follow(cache);
    seen.awaitLast("initialized");
    int before = seen.seen().size();
    Events states = new Events();
    reader.getConnectionStateListenable().addListener((source, state) -> states.add("" + state));
    link.down();
    states.await("SUSPENDED");
    writer.delete().forPath(path + "/gone");
    writer.setData().forPath(path + "/changed", bytes("2"));
    writer.create().forPath(path + "/new", bytes("3"));
    link.up();
    eventually(() -> seen.seen().size() >= before + 3, "three events");
    equal(
        List.copyOf(new java.util.TreeSet<>(seen.seen().subList(before, seen.seen().size()))),
        List.of("changed changed 1 to changed 2", "created new 3", "deleted gone 1"),
        "what is told after the reconnect");
    writer.setData().forPath(path + "/same", bytes("4"));
    seen.awaitLast("changed same 1 to same 4");
  }

  @Check
  public static void startsAgainWithANewSession(Context context) throws Exception {
    CuratorFramework reader = context.connect();
    CuratorFramework writer = context.connect();
    String path = context.path("tree");
    writer.create().creatingParentsIfNeeded().forPath(path + "/a", bytes("1"));
    CuratorCache cache = context.closing(CuratorCache.build(reader, path));
    Events seen = follow(cache);
    seen.awaitLast("initialized");
    context.endSession(reader);
    writer.setData().forPath(path + "/a", bytes("2"));
    seen.awaitLast("changed a 1 to a 2");
    writer.setData().forPath(path + "/a", bytes("3"));
    seen.awaitLast("changed a 2 to a 3");
  }

  @Check
  public static void mayFollowOneZnodeAlone(Context context) throws Exception {
    CuratorFramework writer = context.connect();
    String path = context.path("one");
    writer.create().forPath(path, bytes("1"));
    CuratorCache cache =
        context.closing(
            CuratorCache.build(
                context.connect(), path, CuratorCache.Options.SINGLE_NODE_CACHE));
    Events seen = follow(cache);
    seen.await("created one 1", "initialized");
    writer.create().forPath(path + "/child");
    writer.setData().forPath(path, bytes("2"));
    seen.await("created one 1", "initialized", "changed one 1 to one 2");
    equal(cache.size(), 1, "the size");
  }
}
