import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;

import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.zookeeper.CreateMode;
import support.Check;
import support.Context;
import support.Events;

/** Containers that are empty and znodes whose TTL is over go away, some time later. */
public final class VanishingChecks {
  /** A server looks for them once a minute unless configured otherwise. */
  private static final int LATE_SECONDS = 100;

  private static final long TTL_MS = 500;
  /** Long enough for a write in time on a busy machine. */
  private static final long LONGER_MS = 3000;

  private VanishingChecks() {}

  /** Waits for the deletion, which a watch tells of as of any other. */
  private static void awaitDeletion(CuratorFramework client, String path) throws Exception {
    Events events = new Events();
    if (client.checkExists().usingWatcher((CuratorWatcher) events).forPath(path) != null) {
      eventually(LATE_SECONDS, () -> events.has("NodeDeleted " + path), path + " goes away");
    }
    equal(client.checkExists().forPath(path), null, path);
  }

  @Check
  public static void aContainerGoesWhenItsLastChildHasGone(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    client.create().withMode(CreateMode.CONTAINER).forPath(path);
    client.create().forPath(path + "/child");
    client.delete().forPath(path + "/child");
    awaitDeletion(client, path);
  }

  @Check
  public static void aContainerThatNeverHadAChildStays(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String stays = context.path("stays");
    String goes = context.path("goes");
    client.create().withMode(CreateMode.CONTAINER).forPath(stays);
    client.create().withMode(CreateMode.CONTAINER).forPath(goes);
    client.create().forPath(goes + "/child");
    client.delete().forPath(goes + "/child");
    awaitDeletion(client, goes);
    holds(client.checkExists().forPath(stays) != null, "the one without a history is there");
  }

  @Check
  public static void containersWithinGoOneAfterTheOther(Context context) throws Exception {
    CuratorFramework client = context.connect();
    client.create().creatingParentContainersIfNeeded().forPath(context.path("a/b/c"));
    client.delete().forPath(context.path("a/b/c"));
    awaitDeletion(client, context.path("a"));
  }

  @Check
  public static void theParentOfALockGoesAfterTheLock(Context context) throws Exception {
    CuratorFramework client = context.connect();
    InterProcessMutex mutex = new InterProcessMutex(client, context.path("lock"));
    mutex.acquire();
    holds(client.checkExists().forPath(context.path("lock")) != null, "the parent is there");
    mutex.release();
    awaitDeletion(client, context.path("lock"));
  }

  @Check
  public static void aZnodeGoesWhenItsTtlIsOver(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    client.create().withTtl(TTL_MS).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath(path);
    awaitDeletion(client, path);
  }

  @Check
  public static void aTtlDoesNotCountWhileThereAreChildren(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String parent = context.path("parent");
    client.create().withTtl(TTL_MS).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath(parent);
    client.create().forPath(parent + "/child");
    String other = context.path("other");
    client.create().withTtl(TTL_MS).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath(other);
    awaitDeletion(client, other);
    holds(client.checkExists().forPath(parent) != null, "the one with a child is there");
    client.delete().forPath(parent + "/child");
    awaitDeletion(client, parent);
  }

  @Check
  public static void aWriteRenewsATtl(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String written = context.path("written");
    String other = context.path("other");
    client.create().withTtl(LONGER_MS).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath(written);
    long writtenLate = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGER_MS);
    client.create().withTtl(TTL_MS).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath(other);
    eventually(
        LATE_SECONDS,
        () -> {
          client.setData().forPath(written, bytes("x"));
          return System.nanoTime() > writtenLate && client.checkExists().forPath(other) == null;
        },
        "the other goes away");
    holds(client.checkExists().forPath(written) != null, "the one that is written is there");
  }
}
