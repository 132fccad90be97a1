"""Kazoo's Lock, ReadLock, WriteLock, Semaphore and Election between two and more clients."""
import threading

from kazoo.exceptions import LockTimeout

from support.harness import (
    check,
    equal,
    eventually,
    happens,
    holds,
    in_thread,
    raises,
    run_checks,
    stop,
)

# Sessions in this script live long enough that nothing is released by an expiry.
SESSION_SECONDS = 20.0
# Release at the end of a session must not have waited for its timeout.
AT_ONCE_SECONDS = 5
ROUNDS = 20


@check
def lock_lets_one_in_at_a_time(context):
    clients, path = [context.connect() for _ in range(3)], context.path("counter")
    clients[0].create(path, b"0")
    inside = []

    def count(zk):
        for _ in range(ROUNDS):
            with zk.Lock(context.path("lock")):
                inside.append(zk)
                holds(inside == [zk], "one client alone is inside")
                # Not atomic on purpose: two clients inside would lose counts.
                value = int(zk.get(path)[0])
                zk.set(path, b"%d" % (value + 1))
                inside.remove(zk)

    for finish in [in_thread(count, zk) for zk in clients]:
        finish(30)
    equal(clients[0].get(path)[0], b"%d" % (3 * ROUNDS), "the count")
    equal(clients[0].get_children(context.path("lock")), [], "the contenders left")


@check
def lock_passes_on_when_released(context):
    one, two = context.connect(), context.connect()
    first, second = (zk.Lock(context.path("lock"), name) for zk, name in ((one, "1"), (two, "2")))
    holds(first.acquire(), "the first acquires")
    acquired = in_thread(second.acquire)
    eventually(lambda: first.contenders() == ["1", "2"], "the second is in the queue")
    holds(not second.is_acquired, "the second waits")
    equal(two.Lock(context.path("lock")).acquire(blocking=False), False, "a try without waiting")
    first.release()
    equal(acquired(), True, "what the second's acquire returns")
    equal(second.contenders(), ["2"], "the contenders")
    second.release()


@check
def lock_is_fair(context):
    clients, order = [context.connect() for _ in range(5)], []
    gate = clients[0].Lock(context.path("lock"), "gate")
    gate.acquire()

    def contend(number):
        with clients[number].Lock(context.path("lock"), str(number)):
            order.append(number)

    running = []
    for number in (3, 1, 4, 2):
        running.append(in_thread(contend, number))
        expected = len(running) + 1
        eventually(lambda: len(gate.contenders()) == expected, "client %d queues" % number)
    gate.release()
    for finish in running:
        finish()
    equal(order, [3, 1, 4, 2], "the order of acquisition")


@check
def lock_acquire_gives_up_after_its_timeout(context):
    one, two = context.connect(), context.connect()
    held = one.Lock(context.path("lock"), "1")
    held.acquire()
    waiting = two.Lock(context.path("lock"), "2")
    raises(LockTimeout, waiting.acquire, timeout=0.3)
    equal(held.contenders(), ["1"], "the contenders")
    held.release()
    equal(waiting.acquire(timeout=AT_ONCE_SECONDS), True, "acquire after the release")


@check
def lock_is_released_when_its_client_stops(context):
    one = context.connect(timeout=SESSION_SECONDS)
    two = context.connect()
    one.Lock(context.path("lock"), "1").acquire()
    second = two.Lock(context.path("lock"), "2")
    acquired = in_thread(second.acquire)
    eventually(lambda: second.contenders() == ["1", "2"], "the second is in the queue")
    stop(one)
    equal(acquired(AT_ONCE_SECONDS), True, "what the second's acquire returns")


@check
def a_waiter_that_stops_is_passed_over(context):
    one, two, three = (context.connect(timeout=SESSION_SECONDS) for _ in range(3))
    first, third = one.Lock(context.path("lock"), "1"), three.Lock(context.path("lock"), "3")
    first.acquire()
    # A contender as kazoo leaves it in the tree, without a thread that waits for it.
    leaving = two.create(context.path("lock/0__lock__"), b"2", ephemeral=True, sequence=True)
    acquired = in_thread(third.acquire)
    eventually(lambda: first.contenders() == ["1", "2", "3"], "the third is in the queue")
    stop(two)
    equal(one.exists(leaving), None, "the contender that left")
    holds(not third.is_acquired, "the third still waits")
    first.release()
    equal(acquired(AT_ONCE_SECONDS), True, "what the third's acquire returns")


@check
def readers_share_and_writers_exclude(context):
    readers, writer = [context.connect() for _ in range(2)], context.connect()
    path = context.path("lock")
    shared = [zk.ReadLock(path, "reader") for zk in readers]
    for lock in shared:
        equal(lock.acquire(timeout=AT_ONCE_SECONDS), True, "a reader's acquire")
    exclusive = writer.WriteLock(path, "writer")
    acquired = in_thread(exclusive.acquire)
    eventually(lambda: "writer" in shared[0].contenders(), "the writer is in the queue")
    late = readers[0].ReadLock(path, "late")
    equal(late.acquire(blocking=False), False, "a reader's acquire behind the writer")
    shared[0].release()
    holds(not exclusive.is_acquired, "the writer waits for the second reader")
    shared[1].release()
    equal(acquired(AT_ONCE_SECONDS), True, "the writer's acquire")
    equal(late.acquire(blocking=False), False, "a reader's acquire beside the writer")
    exclusive.release()
    equal(late.acquire(timeout=AT_ONCE_SECONDS), True, "a reader's acquire after the writer")


@check
def semaphore_lets_in_as_many_as_it_has_leases(context):
    clients, path = [context.connect() for _ in range(3)], context.path("semaphore")
    leases = [zk.Semaphore(path, "c%d" % n, max_leases=2) for n, zk in enumerate(clients)]
    equal(leases[0].acquire(), True, "the first acquire")
    equal(leases[1].acquire(), True, "the second acquire")
    equal(leases[2].acquire(blocking=False), False, "the third, without waiting")
    equal(sorted(leases[2].lease_holders()), ["c0", "c1"], "the holders")
    raises(LockTimeout, leases[2].acquire, timeout=0.3)
    acquired = in_thread(leases[2].acquire)
    eventually(lambda: clients[0].get_children(path + "-__lock__"), "the third waits")
    leases[0].release()
    equal(acquired(AT_ONCE_SECONDS), True, "the third acquire")
    equal(sorted(leases[0].lease_holders()), ["c1", "c2"], "the holders after a release")
    raises(ValueError, clients[0].Semaphore(path, max_leases=3).acquire)


@check
def semaphore_is_never_overbooked(context):
    clients, lock = [context.connect() for _ in range(4)], threading.Lock()
    inside, most = [0], [0]

    def work(zk):
        for _ in range(8):
            with zk.Semaphore(context.path("semaphore"), max_leases=2):
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                holds(inside[0] <= 2, "at most two are inside")
                eventually(lambda: most[0] == 2, "a second comes in beside the first")
                with lock:
                    inside[0] -= 1

    for finish in [in_thread(work, zk) for zk in clients]:
        finish(40)
    equal(most[0], 2, "the most that were ever inside")


@check
def semaphore_lease_ends_with_its_client(context):
    one, two = context.connect(timeout=SESSION_SECONDS), context.connect()
    one.Semaphore(context.path("semaphore")).acquire()
    acquired = in_thread(two.Semaphore(context.path("semaphore")).acquire)
    eventually(lambda: two.get_children(context.path("semaphore-__lock__")), "the second waits")
    stop(one)
    equal(acquired(AT_ONCE_SECONDS), True, "what the second's acquire returns")


@check
def election_has_one_leader_after_another(context):
    clients = [context.connect() for _ in range(2)]
    led, resign = [], [threading.Event(), threading.Event()]
    elections = [zk.Election(context.path("election"), str(n)) for n, zk in enumerate(clients)]

    def lead(number):
        led.append(number)
        happens(resign[number], "leader %d may resign" % number)

    running = [in_thread(elections[0].run, lead, 0)]
    eventually(lambda: led == [0], "the first leads")
    running.append(in_thread(elections[1].run, lead, 1))
    eventually(lambda: elections[0].contenders() == ["0", "1"], "the second is a candidate")
    equal(led, [0], "who led so far")
    resign[0].set()
    eventually(lambda: led == [0, 1], "the second leads")
    equal(elections[0].contenders(), ["1"], "the candidates")
    resign[1].set()
    for finish in running:
        finish()


@check
def election_passes_on_when_the_leader_stops(context):
    one, two = context.connect(timeout=SESSION_SECONDS), context.connect()
    leading, led, end = threading.Event(), threading.Event(), threading.Event()

    def lead_forever():
        leading.set()
        end.wait()

    first = one.Election(context.path("election"), "1")
    # Not waited for: what it runs into after its client has stopped is no part of this check.
    in_thread(first.run, lead_forever)
    happens(leading, "the first leads")
    second = two.Election(context.path("election"), "2")
    finish = in_thread(second.run, led.set)
    eventually(lambda: second.contenders() == ["1", "2"], "the second is a candidate")
    holds(not led.is_set(), "the second waits")
    stop(one)
    happens(led, "the second leads", AT_ONCE_SECONDS)
    finish()
    end.set()


@check
def election_can_be_left_before_it_is_won(context):
    one, two = context.connect(), context.connect()
    elections = [zk.Election(context.path("election"), str(n)) for n, zk in enumerate((one, two))]
    leading, end, led = threading.Event(), threading.Event(), []

    def lead():
        leading.set()
        happens(end, "the leader may resign")

    running = [in_thread(elections[0].run, lead)]
    happens(leading, "the first leads")
    running.append(in_thread(elections[1].run, led.append, "second"))
    eventually(lambda: elections[0].contenders() == ["0", "1"], "the second is a candidate")
    elections[1].cancel()
    eventually(lambda: elections[0].contenders() == ["0"], "the second has left")
    end.set()
    for finish in running:
        finish()
    equal(led, [], "what the second led")


if __name__ == "__main__":
    run_checks()
