import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;
import static support.Expect.raises;
import static support.Expect.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.BadVersionException;
import org.apache.zookeeper.KeeperException.NoNodeException;
import org.apache.zookeeper.KeeperException.NodeExistsException;
import org.apache.zookeeper.KeeperException.NotEmptyException;
import org.apache.zookeeper.data.Stat;
import support.Check;
import support.Context;
import support.Events;

/** CuratorFramework's calls: create, read, change, delete and watch, and all in the background. */
public final class FrameworkChecks {
  private FrameworkChecks() {}

  @Check
  public static void createKnowsEveryMode(Context context) throws Exception {
    CuratorFramework client = context.connect();
    long session = Context.sessionId(client);
    List<String> names = new ArrayList<>();
    List<Long> owners = new ArrayList<>();
    for (CreateMode mode :
        List.of(
            CreateMode.PERSISTENT,
            CreateMode.EPHEMERAL,
            CreateMode.PERSISTENT_SEQUENTIAL,
            CreateMode.EPHEMERAL_SEQUENTIAL)) {
      String path = context.path("a" + names.size() + "-");
      String created = client.create().withMode(mode).forPath(path, bytes("data"));
      names.add(created.substring(context.root.length() + 1));
      owners.add(client.checkExists().forPath(created).getEphemeralOwner());
      equal(text(client.getData().forPath(created)), "data", "the data of " + mode);
    }
    equal(names, List.of("a0-", "a1-", "a2-0000000002", "a3-0000000003"), "the names");
    equal(owners, List.of(0L, session, 0L, session), "the owners");
  }

  @Check
  public static void createFillsAStat(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    Stat stat = new Stat();
    equal(client.create().storingStatIn(stat).forPath(path, bytes("12345")), path, "the path");
    equal(stat.getDataLength(), 5, "dataLength");
    equal(client.checkExists().forPath(path), stat, "the Stat");
  }

  @Check
  public static void createOfWhatIsThereIsRefused(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    client.create().forPath(path, bytes("first"));
    raises(NodeExistsException.class, () -> client.create().forPath(path, bytes("second")));
    raises(NoNodeException.class, () -> client.create().forPath(path + "/b/c"));
    equal(text(client.getData().forPath(path)), "first", "the data");
  }

  @Check
  public static void createCanSetTheDataOfWhatIsThere(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    equal(client.create().orSetData().forPath(path, bytes("first")), path, "the path");
    equal(client.create().orSetData().forPath(path, bytes("second")), path, "the path again");
    equal(text(client.getData().forPath(path)), "second", "the data");
    equal(client.checkExists().forPath(path).getVersion(), 1, "the version");
  }

  @Check
  public static void createCanCreateParents(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a/b/c");
    client.create().creatingParentsIfNeeded().forPath(path, bytes("deep"));
    client.create().creatingParentsIfNeeded().forPath(context.path("a/b/d"));
    equal(text(client.getData().forPath(path)), "deep", "the data");
    List<String> names = client.getChildren().forPath(context.path("a/b"));
    equal(names.stream().sorted().collect(Collectors.toList()), List.of("c", "d"), "the children");
    // A persistent parent stays when its children are gone.
    client.delete().forPath(path);
    client.delete().forPath(context.path("a/b/d"));
    equal(client.checkExists().forPath(context.path("a/b")).getNumChildren(), 0, "numChildren");
  }

  @Check
  public static void protectedNamesCarryAnId(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String created =
        client
            .create()
            .withProtection()
            .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
            .forPath(context.path("n-"));
    String name = created.substring(context.root.length() + 1);
    holds(name.matches("_c_[0-9a-f-]{36}-n-0000000000"), name + " is protected");
    equal(client.getChildren().forPath(context.root), List.of(name), "the children");
  }

  @Check
  public static void versionsAreGuarded(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    client.create().forPath(path, bytes("one"));
    raises(
        BadVersionException.class,
        () -> client.setData().withVersion(1).forPath(path, bytes("two")));
    equal(client.setData().withVersion(0).forPath(path, bytes("two")).getVersion(), 1, "version");
    raises(BadVersionException.class, () -> client.delete().withVersion(0).forPath(path));
    Stat stat = new Stat();
    equal(text(client.getData().storingStatIn(stat).forPath(path)), "two", "the data");
    equal(stat.getVersion(), 1, "the version that getData tells");
    client.delete().withVersion(1).forPath(path);
    equal(client.checkExists().forPath(path), null, "checkExists after delete");
  }

  @Check
  public static void deleteTakesASubtreeOnlyWhenAsked(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    for (int number = 0; number < 20; number++) {
      client.create().creatingParentsIfNeeded().forPath(path + "/b" + number + "/c");
    }
    raises(NotEmptyException.class, () -> client.delete().forPath(path));
    client.delete().guaranteed().deletingChildrenIfNeeded().forPath(path);
    equal(client.checkExists().forPath(path), null, "checkExists after delete");
    raises(NoNodeException.class, () -> client.delete().forPath(path));
    client.delete().quietly().forPath(path);
  }

  @Check
  public static void whatIsNotThereIsANoNodeException(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("missing");
    equal(client.checkExists().forPath(path), null, "checkExists");
    raises(NoNodeException.class, () -> client.getData().forPath(path));
    raises(NoNodeException.class, () -> client.setData().forPath(path, bytes("x")));
    raises(NoNodeException.class, () -> client.getChildren().forPath(path));
    raises(NoNodeException.class, () -> client.getACL().forPath(path));
  }

  @Check
  public static void compressedDataComesBack(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    byte[] data = new byte[100_000];
    client.create().compressed().forPath(path, data);
    holds(client.checkExists().forPath(path).getDataLength() < 1000, "the data is stored small");
    equal(client.getData().decompressed().forPath(path).length, data.length, "the length");
  }

  @Check
  public static void backgroundResultsComeInOrder(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    client.create().forPath(path);
    Events results = new Events();
    BackgroundCallback callback =
        (source, result) ->
            results.add(
                result.getType()
                    + " "
                    + result.getResultCode()
                    + " "
                    + (result.getStat() == null ? "-" : result.getStat().getVersion()));
    int writes = 50;
    for (int number = 0; number < writes; number++) {
      client.setData().inBackground(callback).forPath(path, bytes("" + number));
    }
    client.checkExists().inBackground(callback).forPath(path);
    client.delete().inBackground(callback).forPath(path);
    client.getData().inBackground(callback).forPath(path);
    List<String> expected =
        IntStream.rangeClosed(1, writes)
            .mapToObj(version -> "SET_DATA 0 " + version)
            .collect(Collectors.toList());
    expected.addAll(List.of("EXISTS 0 " + writes, "DELETE 0 -", "GET_DATA -101 -"));
    results.await(expected.toArray(new String[0]));
  }

  @Check
  public static void watchersHearOfAChangeOnce(Context context) throws Exception {
    CuratorFramework reader = context.connect();
    CuratorFramework writer = context.connect();
    String path = context.path("a");
    Events events = new Events();
    CuratorWatcher watcher = events;
    equal(reader.checkExists().usingWatcher(watcher).forPath(path), null, "checkExists");
    writer.create().forPath(path);
    events.await("NodeCreated " + path);
    reader.getData().usingWatcher(watcher).forPath(path);
    writer.setData().forPath(path, bytes("one"));
    events.awaitLast("NodeDataChanged " + path);
    reader.getChildren().usingWatcher(watcher).forPath(path);
    writer.setData().forPath(path, bytes("two"));
    writer.create().forPath(path + "/child");
    events.awaitLast("NodeChildrenChanged " + path);
    writer.delete().forPath(path + "/child");
    reader.getData().usingWatcher(watcher).forPath(path);
    writer.delete().forPath(path);
    events.awaitLast("NodeDeleted " + path);
    writer.create().forPath(path);
    Events.flush(reader, context.path("fence"));
    equal(events.seen().size(), 4, "the number of events");
  }

  @Check
  public static void aNamespaceIsPutBeforeEveryPath(Context context) throws Exception {
    CuratorFramework plain = context.connect();
    String namespace = context.root.substring(1) + "/inner";
    CuratorFramework client = context.connect(builder -> builder.namespace(namespace));
    equal(client.create().forPath("/a", bytes("x")), "/a", "the path");
    equal(text(plain.getData().forPath(context.path("inner/a"))), "x", "the data outside");
    Events events = new Events();
    client.getData().usingWatcher((CuratorWatcher) events).forPath("/a");
    plain.setData().forPath(context.path("inner/a"), bytes("y"));
    events.await("NodeDataChanged /a");
    CuratorFramework other = plain.usingNamespace(namespace);
    equal(other.getChildren().forPath("/"), List.of("a"), "the children within");
  }

  @Check
  public static void aChrootIsPutBeforeEveryPath(Context context) throws Exception {
    CuratorFramework plain = context.connect();
    plain.create().forPath(context.path("jail"));
    CuratorFramework client =
        context.connect(
            builder -> builder.connectString(context.address + context.path("jail")));
    equal(client.create().forPath("/a", bytes("x")), "/a", "the path");
    equal(text(plain.getData().forPath(context.path("jail/a"))), "x", "the data outside");
  }

  @Check
  public static void syncSucceeds(Context context) throws Exception {
    CuratorFramework client = context.connect();
    Events results = new Events();
    client
        .sync()
        .inBackground((source, result) -> results.add(result.getType() + " " + result.getPath()))
        .forPath(context.root);
    results.await("SYNC " + context.root);
  }

  @Check
  public static void theEnsemblesConfigurationIsWatched(Context context) throws Exception {
    // A client that tracks the ensemble, which is the default, reads this as soon as it connects.
    CuratorFramework client = context.connect(builder -> builder.ensembleTracker(true));
    Events events = new Events();
    Stat stat = new Stat();
    byte[] config = client.getConfig().storingStatIn(stat).usingWatcher((CuratorWatcher) events)
        .forEnsemble();
    equal(text(config), "", "the configuration of a server that stands alone");
    equal(stat, client.checkExists().forPath("/zookeeper/config"), "its Stat");
    equal(stat.getVersion(), 0, "its version");
    eventually(
        () -> client.getCurrentConfig().getAllMembers().isEmpty(), "the tracker knows no members");
    equal(events.seen(), List.of(), "events");
  }
}
