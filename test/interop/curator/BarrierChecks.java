import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;
import static support.Expect.result;
import static support.Expect.start;
import static support.Expect.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import support.Check;
import support.Context;

/** Barriers and a queue. */
public final class BarrierChecks {
  /** Longer than a check waits: whoever is not woken looks once more when its time is over. */
  private static final int LONG_SECONDS = 60;

  private BarrierChecks() {}

  @Check
  public static void aBarrierHoldsUntilItIsRemoved(Context context) throws Exception {
    String path = context.path("barrier");
    DistributedBarrier keeper = new DistributedBarrier(context.connect(), path);
    DistributedBarrier waiter = new DistributedBarrier(context.connect(), path);
    keeper.setBarrier();
    holds(!waiter.waitOnBarrier(200, TimeUnit.MILLISECONDS), "a short wait is in vain");
    Future<Boolean> waiting = start(() -> waiter.waitOnBarrier(LONG_SECONDS, TimeUnit.SECONDS));
    keeper.removeBarrier();
    equal(result(waiting, "the wait"), true, "what the wait returns");
    holds(waiter.waitOnBarrier(LONG_SECONDS, TimeUnit.SECONDS), "nothing holds without a barrier");
  }

  @Check
  public static void aDoubleBarrierGathersBeforeAndAfter(Context context) throws Exception {
    CuratorFramework observer = context.connect();
    String path = context.path("barrier");
    DistributedDoubleBarrier one = new DistributedDoubleBarrier(context.connect(), path, 2);
    DistributedDoubleBarrier two = new DistributedDoubleBarrier(context.connect(), path, 2);
    Future<Boolean> entering = start(() -> one.enter(LONG_SECONDS, TimeUnit.SECONDS));
    eventually(
        () -> {
          return observer.checkExists().forPath(path) != null
              && observer.getChildren().forPath(path).size() == 1;
        },
        "the first is at the barrier");
    holds(!entering.isDone(), "the first waits");
    holds(two.enter(LONG_SECONDS, TimeUnit.SECONDS), "the second enters");
    equal(result(entering, "the first enters"), true, "what entering returns");

    Future<Boolean> leaving = start(() -> one.leave(LONG_SECONDS, TimeUnit.SECONDS));
    holds(two.leave(LONG_SECONDS, TimeUnit.SECONDS), "the second leaves");
    equal(result(leaving, "the first leaves"), true, "what leaving returns");
    equal(observer.getChildren().forPath(path), List.of(), "what is left");
  }

  @Check
  public static void aQueueGivesEachEntryOnceAndInOrder(Context context) throws Exception {
    String path = context.path("queue");
    SimpleDistributedQueue producer = new SimpleDistributedQueue(context.connect(), path);
    List<String> expected = new ArrayList<>();
    for (int number = 100; number < 160; number++) {
      producer.offer(bytes("" + number));
      expected.add("" + number);
    }
    List<Future<List<String>>> consumers = new ArrayList<>();
    for (int number = 0; number < 3; number++) {
      SimpleDistributedQueue queue = new SimpleDistributedQueue(context.connect(), path);
      consumers.add(
          start(
              () -> {
                List<String> taken = new ArrayList<>();
                for (byte[] entry = queue.poll(); entry != null; entry = queue.poll()) {
                  taken.add(text(entry));
                }
                return taken;
              }));
    }
    List<String> all = new ArrayList<>();
    for (Future<List<String>> consumer : consumers) {
      List<String> taken = result(consumer, "the queue is drained");
      List<String> sorted = new ArrayList<>(taken);
      Collections.sort(sorted);
      equal(taken, sorted, "the order of one consumer");
      all.addAll(taken);
    }
    Collections.sort(all);
    equal(all, expected, "the entries of all");
  }

  @Check
  public static void aQueueWakesWhoWaits(Context context) throws Exception {
    String path = context.path("queue");
    CuratorFramework observer = context.connect();
    SimpleDistributedQueue consumer = new SimpleDistributedQueue(context.connect(), path);
    Future<byte[]> waiting = start(() -> consumer.poll(LONG_SECONDS, TimeUnit.SECONDS));
    eventually(() -> observer.checkExists().forPath(path) != null, "the consumer is there");
    new SimpleDistributedQueue(context.connect(), path).offer(bytes("late"));
    equal(text(result(waiting, "the entry comes")), "late", "the entry");
  }
}
