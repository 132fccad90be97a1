import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.raises;
import static support.Expect.text;

import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.TransactionOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.NodeExistsException;
import org.apache.zookeeper.KeeperException.NotEmptyException;
import org.apache.zookeeper.data.Stat;
import support.Check;
import support.Context;

/** Containers and znodes with a TTL, as long as they are there: otherwise like any other. */
public final class ContainerChecks {
  private static final long TTL_MS = 600_000;

  private ContainerChecks() {}

  @Check
  public static void aContainerIsLikeAnyOther(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    Stat created = new Stat();
    client
        .create()
        .storingStatIn(created)
        .withMode(CreateMode.CONTAINER)
        .forPath(path, bytes("one"));
    Stat stat = client.checkExists().forPath(path);
    equal(created, stat, "the Stat that create tells");
    equal(stat.getEphemeralOwner(), 0L, "ephemeralOwner");
    equal(text(client.getData().forPath(path)), "one", "the data");
    equal(client.setData().forPath(path, bytes("two")).getVersion(), 1, "the version");
    client.create().forPath(path + "/child");
    raises(NotEmptyException.class, () -> client.delete().forPath(path));
    raises(
        NodeExistsException.class,
        () -> client.create().withMode(CreateMode.CONTAINER).forPath(path));
    client.delete().forPath(path + "/child");
    client.delete().forPath(path);
    equal(client.checkExists().forPath(path), null, "the container after delete");
  }

  @Check
  public static void parentsCanBeContainers(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a/b/c");
    client.create().creatingParentContainersIfNeeded().forPath(path, bytes("deep"));
    equal(text(client.getData().forPath(path)), "deep", "the data");
    client.createContainers(context.path("d/e"));
    equal(client.getChildren().forPath(context.path("d")), List.of("e"), "the children");
  }

  @Check
  public static void aTtlIsTaken(Context context) throws Exception {
    CuratorFramework client = context.connect();
    String path = context.path("a");
    equal(
        client
            .create()
            .withTtl(TTL_MS)
            .withMode(CreateMode.PERSISTENT_WITH_TTL)
            .forPath(path, bytes("one")),
        path,
        "the path");
    equal(client.checkExists().forPath(path).getEphemeralOwner(), 0L, "ephemeralOwner");
    client.create().forPath(path + "/child");
    String numbered =
        client
            .create()
            .withTtl(TTL_MS)
            .withMode(CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL)
            .forPath(path + "/n-", bytes("two"));
    equal(numbered, path + "/n-0000000001", "the numbered path");
    equal(text(client.getData().forPath(numbered)), "two", "its data");
  }

  @Check
  public static void aTransactionCanCreateThem(Context context) throws Exception {
    CuratorFramework client = context.connect();
    TransactionOp op = client.transactionOp();
    client
        .transaction()
        .forOperations(
            op.create().withMode(CreateMode.CONTAINER).forPath(context.path("a")),
            op.create()
                .withTtl(TTL_MS)
                .withMode(CreateMode.PERSISTENT_WITH_TTL)
                .forPath(context.path("a/b"), bytes("x")));
    equal(text(client.getData().forPath(context.path("a/b"))), "x", "the data");
  }
}
