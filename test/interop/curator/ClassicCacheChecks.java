import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;
import static support.Expect.text;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;
import support.Check;
import support.Context;
import support.Events;
import support.Link;

/** The caches that came before CuratorCache, and that many still use: they need no addWatch. */
@SuppressWarnings("deprecation")
public final class ClassicCacheChecks {
  private ClassicCacheChecks() {}

  private static String data(ChildData child) {
    return child == null ? null : text(child.getData());
  }

  private static String brief(Object type, ChildData child) {
    return type
        + (child == null ? "" : " " + child.getPath().replaceAll(".*/", "") + " " + data(child));
  }

  @Check
  public static void nodeCacheFollowsAZnodeThroughItsLife(Context context) throws Exception {
    CuratorFramework writer = context.connect();
    String path = context.path("a");
    NodeCache cache = context.closing(new NodeCache(context.connect(), path));
    Events seen = new Events();
    cache.getListenable().addListener(() -> seen.add("" + data(cache.getCurrentData())));
    cache.start(true);
    equal(cache.getCurrentData(), null, "the data at first");
    writer.create().forPath(path, bytes("one"));
    seen.awaitLast("one");
    writer.setData().forPath(path, bytes("two"));
    seen.awaitLast("two");
    writer.delete().forPath(path);
    seen.awaitLast("null");
    writer.create().forPath(path, bytes("again"));
    seen.await("one", "two", "null", "again");
  }

  @Check
  public static void pathChildrenCacheFollowsTheChildren(Context context) throws Exception {
    CuratorFramework writer = context.connect();
    String path = context.path("parent");
    writer.create().creatingParentsIfNeeded().forPath(path + "/a", bytes("1"));
    PathChildrenCache cache =
        context.closing(new PathChildrenCache(context.connect(), path, true));
    Events seen = new Events();
    cache
        .getListenable()
        .addListener((client, event) -> seen.add(brief(event.getType(), event.getData())));
    cache.start(PathChildrenCache.StartMode.POST_INITIALIZED_EVENT);
    seen.awaitLast("INITIALIZED");
    equal(data(cache.getCurrentData(path + "/a")), "1", "the data at first");
    writer.setData().forPath(path + "/a", bytes("2"));
    seen.awaitLast("CHILD_UPDATED a 2");
    writer.create().forPath(path + "/b", bytes("3"));
    seen.awaitLast("CHILD_ADDED b 3");
    writer.delete().forPath(path + "/a");
    seen.awaitLast("CHILD_REMOVED a 2");
    equal(cache.getCurrentData().size(), 1, "the number of children");
  }

  @Check
  public static void treeCacheFollowsASubtree(Context context) throws Exception {
    CuratorFramework writer = context.connect();
    String path = context.path("tree");
    writer.create().creatingParentsIfNeeded().forPath(path + "/a/b", bytes("1"));
    TreeCache cache = context.closing(new TreeCache(context.connect(), path));
    Events seen = new Events();
    cache
        .getListenable()
        .addListener((client, event) -> seen.add(brief(event.getType(), event.getData())));
    cache.start();
    seen.awaitLast("INITIALIZED");
    equal(data(cache.getCurrentData(path + "/a/b")), "1", "the data at first");
    writer.setData().forPath(path + "/a/b", bytes("2"));
    seen.awaitLast("NODE_UPDATED b 2");
    writer.create().forPath(path + "/a/b/c", bytes("3"));
    seen.awaitLast("NODE_ADDED c 3");
    writer.delete().deletingChildrenIfNeeded().forPath(path + "/a/b");
    seen.awaitLast("NODE_REMOVED b 2");
    holds(cache.getCurrentChildren(path + "/a").isEmpty(), "a has no children");
  }

  @Check
  public static void treeCacheSeesWhatItMissed(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework writer = context.connect();
    String path = context.path("tree");
    for (String name : new String[] {"/gone", "/changed"}) {
      writer.create().creatingParentsIfNeeded().forPath(path + name, bytes("1"));
    }
    TreeCache cache = context.closing(new TreeCache(context.connect(link), path));
    Events seen = new Events();
    cache
        .getListenable()
        .addListener((client, event) -> seen.add(brief(event.getType(), event.getData())));
    cache.start();
    seen.awaitLast("INITIALIZED");
    link.down();
    seen.awaitLast("CONNECTION_SUSPENDED");
    writer.delete().forPath(path + "/gone");
    writer.setData().forPath(path + "/changed", bytes("2"));
    writer.create().forPath(path + "/new", bytes("3"));
    link.up();
    eventually(() -> cache.getCurrentData(path + "/gone") == null, "the deletion is seen");
    eventually(() -> "2".equals(data(cache.getCurrentData(path + "/changed"))), "the change");
    eventually(() -> "3".equals(data(cache.getCurrentData(path + "/new"))), "the creation");
  }
}
