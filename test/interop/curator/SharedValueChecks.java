import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;
import static support.Expect.result;
import static support.Expect.start;
import static support.Expect.text;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.SharedCountListener;
import org.apache.curator.framework.recipes.shared.SharedCountReader;
import org.apache.curator.framework.recipes.shared.SharedValue;
import org.apache.curator.framework.recipes.shared.VersionedValue;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import support.Check;
import support.Context;
import support.Events;
import support.Link;

/** Values in one znode that several clients change: SharedCount, SharedValue, atomic numbers. */
public final class SharedValueChecks {
  private SharedValueChecks() {}

  private static SharedCount count(Context context, CuratorFramework client) throws Exception {
    SharedCount count = context.closing(new SharedCount(client, context.path("count"), 7));
    count.start();
    return count;
  }

  @Check
  public static void sharedCountIsTheSameForAll(Context context) throws Exception {
    SharedCount one = count(context, context.connect());
    SharedCount two = count(context, context.connect());
    equal(one.getCount(), 7, "the seed");
    Events heard = new Events();
    two.addListener(
        new SharedCountListener() {
          @Override
          public void countHasChanged(SharedCountReader reader, int now) {
            heard.add("" + now);
          }

          @Override
          public void stateChanged(CuratorFramework client, ConnectionState state) {}
        });
    one.setCount(8);
    eventually(() -> two.getCount() == 8, "the other sees the count");
    eventually(() -> heard.has("8"), "the listener hears of it");
  }

  @Check
  public static void sharedCountRefusesAStaleVersion(Context context) throws Exception {
    SharedCount one = count(context, context.connect());
    SharedCount two = count(context, context.connect());
    VersionedValue<Integer> stale = two.getVersionedValue();
    holds(one.trySetCount(one.getVersionedValue(), 8), "the first is accepted");
    holds(!two.trySetCount(stale, 9), "a stale version is refused");
    equal(two.getCount(), 8, "the count after the refusal");
    holds(two.trySetCount(two.getVersionedValue(), 9), "the version of now is accepted");
    eventually(() -> one.getCount() == 9, "the first sees the count");
  }

  @Check
  public static void sharedValueFollowsThroughALostConnection(Context context) throws Exception {
    Link link = context.link();
    String path = context.path("value");
    SharedValue one = context.closing(new SharedValue(context.connect(link), path, bytes("a")));
    SharedValue two = context.closing(new SharedValue(context.connect(), path, bytes("b")));
    one.start();
    two.start();
    equal(text(two.getValue()), "a", "the value of whoever was first");
    link.down();
    two.setValue(bytes("c"));
    link.up();
    eventually(() -> text(one.getValue()).equals("c"), "the value set meanwhile is seen");
  }

  @Check
  public static void distributedAtomicLongLosesNoIncrement(Context context) throws Exception {
    String path = context.path("long");
    int increments = 20;
    List<Future<Integer>> tasks = new ArrayList<>();
    for (int number = 0; number < 3; number++) {
      CuratorFramework client = context.connect();
      tasks.add(
          start(
              () -> {
                // It tries again as often as its policy allows, when others were faster.
                DistributedAtomicLong value =
                    new DistributedAtomicLong(client, path, new RetryNTimes(1000, 1));
                int succeeded = 0;
                for (int round = 0; round < increments; round++) {
                  if (value.increment().succeeded()) {
                    succeeded++;
                  }
                }
                return succeeded;
              }));
    }
    for (Future<Integer> task : tasks) {
      equal(result(task, "the increments"), increments, "the increments that succeeded");
    }
    DistributedAtomicLong value =
        new DistributedAtomicLong(context.connect(), path, new RetryNTimes(1, 1));
    equal(value.get().postValue(), 60L, "the value");
    AtomicValue<Long> refused = value.compareAndSet(59L, 0L);
    holds(!refused.succeeded(), "compareAndSet of another value is refused");
    holds(value.compareAndSet(60L, 1L).succeeded(), "compareAndSet of the value is accepted");
    equal(value.subtract(3L).postValue(), -2L, "the value after subtract");
  }
}
