import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;
import static support.Expect.raises;
import static support.Expect.result;
import static support.Expect.start;
import static support.Expect.text;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.locks.Revoker;
import support.Check;
import support.Context;
import support.Events;
import support.Link;

/** Curator's locks: mutexes, read-write locks, semaphores, several locks as one. */
public final class LockChecks {
  /** How long a lock that is taken is tried for. */
  private static final int SHORT_MS = 200;

  /** Longer than a check waits: whoever is not woken looks once more when its time is over. */
  private static final int LONG_SECONDS = 60;

  private LockChecks() {}

  private static boolean isFree(InterProcessMutex mutex) throws Exception {
    if (!mutex.acquire(SHORT_MS, TimeUnit.MILLISECONDS)) {
      return false;
    }
    mutex.release();
    return true;
  }

  /** Takes the lock in a thread of its own, and waits until it stands in line. */
  private static Future<Void> queue(
      Context context, InterProcessMutex mutex, int place, Runnable inside) throws Exception {
    CuratorFramework observer = context.connect();
    Future<Void> task =
        start(
            () -> {
              holds(mutex.acquire(LONG_SECONDS, TimeUnit.SECONDS), "the lock is acquired");
              inside.run();
              mutex.release();
              return null;
            });
    eventually(
        () -> observer.getChildren().forPath(context.path("lock")).size() == place,
        "it stands in line");
    return task;
  }

  @Check
  public static void aMutexLetsOneClientInAtATime(Context context) throws Exception {
    String counter = context.path("counter");
    CuratorFramework observer = context.connect();
    observer.create().forPath(counter, bytes("0"));
    List<Future<Void>> tasks = new ArrayList<>();
    for (int number = 0; number < 3; number++) {
      CuratorFramework client = context.connect();
      InterProcessMutex mutex = new InterProcessMutex(client, context.path("lock"));
      tasks.add(
          start(
              () -> {
                for (int round = 0; round < 10; round++) {
                  mutex.acquire();
                  int value = Integer.parseInt(text(client.getData().forPath(counter)));
                  client.setData().forPath(counter, bytes("" + (value + 1)));
                  mutex.release();
                }
                return null;
              }));
    }
    for (Future<Void> task : tasks) {
      result(task, "the rounds");
    }
    equal(text(observer.getData().forPath(counter)), "30", "the counter");
  }

  @Check
  public static void aMutexIsReentrant(Context context) throws Exception {
    InterProcessMutex mine = new InterProcessMutex(context.connect(), context.path("lock"));
    InterProcessMutex theirs = new InterProcessMutex(context.connect(), context.path("lock"));
    mine.acquire();
    holds(mine.acquire(SHORT_MS, TimeUnit.MILLISECONDS), "the lock is acquired again");
    holds(!isFree(theirs), "another does not get it");
    mine.release();
    holds(!isFree(theirs), "another does not get it after one release");
    holds(mine.isOwnedByCurrentThread(), "the lock is held");
    mine.release();
    holds(isFree(theirs), "another gets it after the second");
    raises(IllegalMonitorStateException.class, mine::release);
  }

  @Check
  public static void aMutexServesInOrder(Context context) throws Exception {
    String path = context.path("lock");
    InterProcessMutex first = new InterProcessMutex(context.connect(), path);
    first.acquire();
    Events order = new Events();
    List<Future<Void>> tasks = new ArrayList<>();
    for (int number = 1; number <= 3; number++) {
      String name = "" + number;
      InterProcessMutex mutex = new InterProcessMutex(context.connect(), path);
      tasks.add(queue(context, mutex, number + 1, () -> order.add(name)));
    }
    equal(order.seen(), List.of(), "who was in while the first holds it");
    first.release();
    for (Future<Void> task : tasks) {
      result(task, "the lock comes round");
    }
    equal(order.seen(), List.of("1", "2", "3"), "the order");
  }

  @Check
  public static void aMutexIsFreeWhenItsOwnerCloses(Context context) throws Exception {
    CuratorFramework owner = context.connect();
    InterProcessMutex mutex = new InterProcessMutex(context.connect(), context.path("lock"));
    new InterProcessMutex(owner, context.path("lock")).acquire();
    Future<Void> waiting = queue(context, mutex, 2, () -> {});
    owner.close();
    result(waiting, "the lock is passed on");
  }

  @Check
  public static void aMutexIsHeldThroughALostConnection(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework client = context.connect(link);
    InterProcessMutex mine = new InterProcessMutex(client, context.path("lock"));
    InterProcessMutex theirs = new InterProcessMutex(context.connect(), context.path("lock"));
    mine.acquire();
    Events states = new Events();
    client.getConnectionStateListenable().addListener((source, state) -> states.add("" + state));
    link.cut();
    states.await("SUSPENDED", "RECONNECTED");
    holds(!isFree(theirs), "another does not get it");
    mine.release();
    holds(isFree(theirs), "another gets it after release");
  }

  @Check
  public static void aMutexWhoseReplyIsLostIsAcquiredOnce(Context context) throws Exception {
    Link link = context.link();
    InterProcessMutex mutex = new InterProcessMutex(context.connect(link), context.path("lock"));
    mutex.acquire();
    mutex.release();
    link.loseNextReply();
    mutex.acquire();
    holds(link.hasLostReply(), "a reply was lost");
    equal(mutex.getParticipantNodes().size(), 1, "the number of znodes of the lock");
    mutex.release();
    equal(mutex.getParticipantNodes().size(), 0, "the number after release");
  }

  @Check
  public static void anOwnerCanBeAskedToRevoke(Context context) throws Exception {
    CuratorFramework other = context.connect();
    InterProcessMutex mutex = new InterProcessMutex(context.connect(), context.path("lock"));
    Events asked = new Events();
    mutex.makeRevocable(lock -> asked.add("asked"));
    mutex.acquire();
    Revoker.attemptRevoke(other, mutex.getParticipantNodes().iterator().next());
    asked.await("asked");
    mutex.release();
  }

  @Check
  public static void readersShareAndAWriterIsAlone(Context context) throws Exception {
    InterProcessReadWriteLock one = readWriteLock(context);
    InterProcessReadWriteLock two = readWriteLock(context);
    InterProcessReadWriteLock three = readWriteLock(context);
    one.readLock().acquire();
    holds(isFree(two.readLock()), "a second reader is let in");
    holds(!isFree(two.writeLock()), "a writer is not");
    Future<Void> writer = queue(context, three.writeLock(), 2, () -> {});
    one.readLock().release();
    result(writer, "the writer is let in after the reader");
    two.writeLock().acquire();
    holds(!isFree(one.readLock()), "a reader is not let in beside the writer");
    two.readLock().acquire(); // A writer may become a reader.
    two.writeLock().release();
    holds(isFree(one.readLock()), "another reader is let in then");
    holds(!isFree(one.writeLock()), "another writer is not");
    two.readLock().release();
    holds(isFree(one.writeLock()), "another writer is, after that");
  }

  private static InterProcessReadWriteLock readWriteLock(Context context) throws Exception {
    return new InterProcessReadWriteLock(context.connect(), context.path("lock"));
  }

  @Check
  public static void aSemaphoreHasSoManyLeases(Context context) throws Exception {
    InterProcessSemaphoreV2 one = semaphore(context);
    InterProcessSemaphoreV2 two = semaphore(context);
    Collection<Lease> leases = one.acquire(2);
    Lease third = two.acquire(LONG_SECONDS, TimeUnit.SECONDS);
    holds(third != null, "the third lease is there");
    equal(two.acquire(SHORT_MS, TimeUnit.MILLISECONDS), null, "a fourth lease");
    Future<Lease> waiting = start(() -> two.acquire(LONG_SECONDS, TimeUnit.SECONDS));
    eventually(() -> one.getParticipantNodes().size() == 4, "it stands in line");
    one.returnLease(leases.iterator().next());
    holds(result(waiting, "a lease comes") != null, "a lease that is returned is given on");
    equal(one.getParticipantNodes().size(), 3, "the number of leases");
  }

  private static InterProcessSemaphoreV2 semaphore(Context context) throws Exception {
    return new InterProcessSemaphoreV2(context.connect(), context.path("semaphore"), 3);
  }

  @Check
  public static void aSemaphoreMutexIsNotReentrant(Context context) throws Exception {
    String path = context.path("lock");
    InterProcessSemaphoreMutex mutex = new InterProcessSemaphoreMutex(context.connect(), path);
    mutex.acquire();
    holds(!mutex.acquire(SHORT_MS, TimeUnit.MILLISECONDS), "it is not acquired twice");
    mutex.release();
    holds(mutex.acquire(LONG_SECONDS, TimeUnit.SECONDS), "it is acquired after release");
    mutex.release();
  }

  @Check
  public static void severalLocksAreTakenTogetherOrNotAtAll(Context context) throws Exception {
    CuratorFramework client = context.connect();
    List<String> paths = List.of(context.path("a"), context.path("b"));
    InterProcessMultiLock both = new InterProcessMultiLock(client, paths);
    InterProcessMutex one = new InterProcessMutex(context.connect(), paths.get(0));
    InterProcessMutex two = new InterProcessMutex(context.connect(), paths.get(1));
    two.acquire();
    holds(!both.acquire(SHORT_MS, TimeUnit.MILLISECONDS), "one of two is not enough");
    holds(isFree(one), "the one that it had is free again");
    two.release();
    holds(both.acquire(LONG_SECONDS, TimeUnit.SECONDS), "both are acquired");
    holds(!isFree(one), "the first is taken");
    holds(!isFree(two), "the second is taken");
    both.release();
  }
}
