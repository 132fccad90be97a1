import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.holds;
import static support.Expect.raises;
import static support.Expect.text;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.api.transaction.TransactionOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.BadVersionException;
import org.apache.zookeeper.KeeperException.NoNodeException;
import org.apache.zookeeper.OpResult.ErrorResult;
import support.Check;
import support.Context;
import support.Events;

/** Transactions: all of their operations or none, and what each of them results in. */
public final class TransactionChecks {
  private TransactionChecks() {}

  private static List<String> brief(Collection<CuratorTransactionResult> results) {
    return results.stream()
        .map(
            result ->
                result.getType()
                    + " "
                    + result.getForPath().replaceAll(".*/", "")
                    + " "
                    + (result.getResultPath() == null
                        ? "-"
                        : result.getResultPath().replaceAll(".*/", ""))
                    + " "
                    + (result.getResultStat() == null
                        ? "-"
                        : "v" + result.getResultStat().getVersion()))
        .collect(Collectors.toList());
  }

  @Check
  public static void allOperationsAreDone(Context context) throws Exception {
    CuratorFramework client = context.connect();
    client.create().forPath(context.path("old"), bytes("old"));
    client.create().forPath(context.path("gone"));
    TransactionOp op = client.transactionOp();
    List<CuratorTransactionResult> results =
        client
            .transaction()
            .forOperations(
                op.check().withVersion(0).forPath(context.path("old")),
                op.create().forPath(context.path("new"), bytes("data")),
                op.create().forPath(context.path("new/child")),
                op.setData().withVersion(0).forPath(context.path("old"), bytes("changed")),
                op.delete().forPath(context.path("gone")));
    equal(
        brief(results),
        List.of(
            "CHECK old - -",
            "CREATE new new -",
            "CREATE child child -",
            "SET_DATA old - v1",
            "DELETE gone - -"),
        "the results");
    equal(text(client.getData().forPath(context.path("old"))), "changed", "the data");
    equal(client.getChildren().forPath(context.path("new")), List.of("child"), "the children");
    equal(client.checkExists().forPath(context.path("gone")), null, "what was deleted");
    // All of it is one change.
    equal(
        client.checkExists().forPath(context.path("old")).getMzxid(),
        client.checkExists().forPath(context.path("new/child")).getCzxid(),
        "the zxid");
  }

  @Check
  public static void noneIsDoneWhenOneFails(Context context) throws Exception {
    CuratorFramework client = context.connect();
    client.create().forPath(context.path("old"), bytes("old"));
    TransactionOp op = client.transactionOp();
    BadVersionException error =
        raises(
            BadVersionException.class,
            () ->
                client
                    .transaction()
                    .forOperations(
                        op.create().forPath(context.path("new")),
                        op.setData().withVersion(7).forPath(context.path("old"), bytes("x")),
                        op.delete().forPath(context.path("old"))));
    List<Integer> codes =
        error.getResults().stream()
            .map(result -> ((ErrorResult) result).getErr())
            .collect(Collectors.toList());
    equal(codes, List.of(0, -103, -2), "the codes of the operations");
    equal(client.getChildren().forPath(context.root), List.of("old"), "the children");
    equal(text(client.getData().forPath(context.path("old"))), "old", "the data");
    raises(
        NoNodeException.class,
        () -> client.transaction().forOperations(op.check().forPath(context.path("missing"))));
  }

  @Check
  public static void laterOperationsSeeEarlierOnes(Context context) throws Exception {
    CuratorFramework client = context.connect();
    TransactionOp op = client.transactionOp();
    String path = context.path("a");
    client
        .transaction()
        .forOperations(
            op.create().forPath(path, bytes("0")),
            op.setData().withVersion(0).forPath(path, bytes("1")),
            op.check().withVersion(1).forPath(path),
            op.delete().withVersion(1).forPath(path),
            op.create().forPath(path, bytes("again")));
    equal(text(client.getData().forPath(path)), "again", "the data");
    equal(client.checkExists().forPath(path).getVersion(), 0, "the version");
  }

  @Check
  public static void modesWorkWithin(Context context) throws Exception {
    CuratorFramework client = context.connect();
    TransactionOp op = client.transactionOp();
    List<CuratorTransactionResult> results =
        client
            .transaction()
            .forOperations(
                op.create()
                    .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
                    .forPath(context.path("n-"), bytes("")),
                op.create()
                    .withMode(CreateMode.PERSISTENT_SEQUENTIAL)
                    .forPath(context.path("n-"), bytes("")));
    equal(
        brief(results),
        List.of("CREATE n- n-0000000000 -", "CREATE n- n-0000000001 -"),
        "the results");
    equal(
        client.checkExists().forPath(context.path("n-0000000000")).getEphemeralOwner(),
        Context.sessionId(client),
        "the owner");
  }

  @Check
  public static void theBackgroundTellsTheResults(Context context) throws Exception {
    CuratorFramework client = context.connect();
    TransactionOp op = client.transactionOp();
    Events results = new Events();
    for (int round = 0; round < 2; round++) {
      client
          .transaction()
          .inBackground(
              (source, result) ->
                  results.add(
                      result.getResultCode()
                          + " "
                          + (result.getOpResults() == null ? 0 : result.getOpResults().size())))
          .forOperations(
              op.create().forPath(context.path("a")), op.create().forPath(context.path("b")));
    }
    results.await("0 2", "-110 2");
  }

  @Check
  @SuppressWarnings("deprecation")
  public static void inTransactionDoesTheSame(Context context) throws Exception {
    CuratorFramework client = context.connect();
    Collection<CuratorTransactionResult> results =
        client
            .inTransaction()
            .create()
            .forPath(context.path("a"), bytes("x"))
            .and()
            .setData()
            .forPath(context.path("a"), bytes("y"))
            .and()
            .commit();
    equal(brief(results), List.of("CREATE a a -", "SET_DATA a - v1"), "the results");
    raises(
        NoNodeException.class,
        () ->
            client
                .inTransaction()
                .setData()
                .forPath(context.path("a"), bytes("z"))
                .and()
                .delete()
                .forPath(context.path("missing"))
                .and()
                .commit());
    equal(text(client.getData().forPath(context.path("a"))), "y", "the data");
  }

  @Check
  public static void watchersHearOfAllOrNothing(Context context) throws Exception {
    CuratorFramework reader = context.connect();
    CuratorFramework writer = context.connect();
    String path = context.path("a");
    writer.create().forPath(path);
    Events events = new Events();
    reader.getData().usingWatcher((org.apache.zookeeper.Watcher) events).forPath(path);
    reader.getChildren().usingWatcher((org.apache.zookeeper.Watcher) events).forPath(path);
    TransactionOp op = writer.transactionOp();
    raises(
        NoNodeException.class,
        () ->
            writer
                .transaction()
                .forOperations(
                    op.setData().forPath(path, bytes("x")),
                    op.delete().forPath(context.path("missing"))));
    Events.flush(reader, context.path("fence"));
    equal(events.seen(), List.of(), "events of a transaction that failed");
    writer
        .transaction()
        .forOperations(
            op.create().forPath(path + "/child"), op.setData().forPath(path, bytes("x")));
    events.await("NodeChildrenChanged " + path, "NodeDataChanged " + path);
    holds(events.seen().size() == 2, "no further events");
  }
}
