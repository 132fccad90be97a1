import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;
import static support.Expect.raises;
import static support.Expect.text;

import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.ConnectionLossException;
import org.apache.zookeeper.data.Stat;
import support.Check;
import support.Context;
import support.Events;
import support.Link;

/** What Curator does about lost connections, lost replies and lost sessions. */
public final class ConnectionChecks {
  private ConnectionChecks() {}

  private static Events statesOf(CuratorFramework client) {
    Events states = new Events();
    client.getConnectionStateListenable().addListener((source, state) -> states.add("" + state));
    return states;
  }

  @Check
  public static void aLostConnectionKeepsTheSession(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework client = context.connect(link);
    CuratorFramework other = context.connect();
    String path = context.path("e");
    client.create().withMode(CreateMode.EPHEMERAL).forPath(path);
    long session = Context.sessionId(client);
    Events deleted = new Events();
    other.checkExists().usingWatcher((CuratorWatcher) deleted).forPath(path);
    Events states = statesOf(client);
    for (int round = 1; round <= 3; round++) {
      link.cut();
      int seen = 2 * round;
      eventually(() -> states.seen().size() >= seen, "the states of round " + round);
      states.awaitLast("SUSPENDED", "RECONNECTED");
      equal(Context.sessionId(client), session, "the session");
    }
    equal(client.checkExists().forPath(path).getEphemeralOwner(), session, "the owner");
    equal(states.seen().size(), 6, "the number of states");
    equal(deleted.seen(), List.of(), "what was seen of the ephemeral");
  }

  @Check
  public static void aSessionThatEndedIsLost(Context context) throws Exception {
    CuratorFramework client = context.connect(context.link());
    CuratorFramework other = context.connect();
    String path = context.path("e");
    client.create().withMode(CreateMode.EPHEMERAL).forPath(path);
    long session = Context.sessionId(client);
    Events states = statesOf(client);
    context.endSession(client);
    equal(other.checkExists().forPath(path), null, "the ephemeral");
    states.await("SUSPENDED", "LOST", "RECONNECTED");
    holds(Context.sessionId(client) != session, "the client has a new session");
    client.create().withMode(CreateMode.EPHEMERAL).forPath(path);
    equal(
        other.checkExists().forPath(path).getEphemeralOwner(),
        Context.sessionId(client),
        "the owner of a new ephemeral");
  }

  @Check
  public static void aWatcherHearsOfWhatItMissed(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework reader = context.connect(link);
    CuratorFramework writer = context.connect();
    Events events = new Events();
    String data = context.path("data");
    String later = context.path("later");
    String unchanged = context.path("unchanged");
    for (String path : List.of(data, unchanged)) {
      writer.create().forPath(path);
      reader.getData().usingWatcher((CuratorWatcher) events).forPath(path);
    }
    reader.checkExists().usingWatcher((CuratorWatcher) events).forPath(later);
    Events states = statesOf(reader);
    link.down();
    states.await("SUSPENDED");
    writer.setData().forPath(data, bytes("x"));
    writer.create().forPath(later);
    link.up();
    eventually(() -> events.seen().size() >= 2, "both events");
    holds(events.has("NodeDataChanged " + data), "the change is seen");
    holds(events.has("NodeCreated " + later), "the creation is seen");
    writer.setData().forPath(unchanged, bytes("x"));
    events.awaitLast("NodeDataChanged " + unchanged);
    equal(events.seen().size(), 3, "the number of events");
  }

  @Check
  public static void aProtectedCreateWhoseReplyIsLostFindsItsZnode(Context context)
      throws Exception {
    Link link = context.link();
    CuratorFramework client = context.connect(link);
    link.loseNextReply();
    String created =
        client
            .create()
            .withProtection()
            .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
            .forPath(context.path("n-"));
    holds(link.hasLostReply(), "a reply was lost");
    equal(
        client.getChildren().forPath(context.root),
        List.of(created.substring(context.root.length() + 1)),
        "the children");
    holds(created.endsWith("-n-0000000000"), created + " is the first");
  }

  @Check
  public static void aWriteWhoseReplyIsLostIsRepeated(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework client = context.connect(link);
    String path = context.path("a");
    client.create().forPath(path);
    link.loseNextReply();
    Stat stat = client.setData().forPath(path, bytes("x"));
    holds(link.hasLostReply(), "a reply was lost");
    equal(stat.getVersion(), 2, "the version after a write that was done twice");
    equal(text(client.getData().forPath(path)), "x", "the data");
  }

  @Check
  public static void aGuaranteedDeleteIsDoneLater(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework client =
        context.connect(
            builder ->
                builder
                    .connectString(link.address())
                    .connectionTimeoutMs(500)
                    .retryPolicy(new RetryNTimes(1, 100)));
    CuratorFramework other = context.connect();
    String path = context.path("a");
    client.create().forPath(path);
    Events states = statesOf(client);
    link.down();
    states.await("SUSPENDED");
    raises(ConnectionLossException.class, () -> client.delete().guaranteed().forPath(path));
    holds(other.checkExists().forPath(path) != null, "the znode is still there");
    link.up();
    eventually(() -> other.checkExists().forPath(path) == null, "the znode is deleted");
  }

  @Check
  public static void closingEndsTheSessionAtOnce(Context context) throws Exception {
    CuratorFramework client = context.connect();
    CuratorFramework other = context.connect();
    String path = context.path("e");
    client.create().withMode(CreateMode.EPHEMERAL).forPath(path);
    Events deleted = new Events();
    other.checkExists().usingWatcher((CuratorWatcher) deleted).forPath(path);
    client.close();
    deleted.await("NodeDeleted " + path);
  }
}
