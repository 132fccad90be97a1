"""Kazoo's other recipes: barriers, Counter, queues, parties, SetPartitioner and TreeCache."""
import threading

from kazoo.recipe.cache import TreeCache

from support.harness import check, equal, eventually, happens, holds, in_thread, run_checks, stop

# Sessions in this script live long enough that nothing ends by an expiry.
SESSION_SECONDS = 20.0


@check
def barrier_holds_until_it_is_removed(context):
    keeper, waiters = context.connect(), [context.connect() for _ in range(2)]
    barrier = keeper.Barrier(context.path("barrier"))
    barrier.create()
    equal(waiters[0].Barrier(context.path("barrier")).wait(timeout=0.2), False, "a short wait")
    waits = [in_thread(zk.Barrier(context.path("barrier")).wait, 20) for zk in waiters]
    # Removed only once both watch, or a waiter might just find no barrier.
    for zk in waiters:
        eventually(lambda: zk._data_watchers[context.path("barrier")], "the waiter watches")
    equal(barrier.remove(), True, "what remove returns")
    equal([finish() for finish in waits], [True, True], "what the waits return")
    equal(barrier.remove(), False, "what a second remove returns")
    equal(waiters[0].Barrier(context.path("barrier")).wait(), True, "a wait without a barrier")


@check
def double_barrier_gathers_before_and_after(context):
    one, two = context.connect(), context.connect()
    barriers = [zk.DoubleBarrier(context.path("barrier"), 2) for zk in (one, two)]
    entered = in_thread(barriers[0].enter)
    eventually(lambda: one.exists(context.path("barrier")), "the first is at the barrier")
    eventually(lambda: len(one.get_children(context.path("barrier"))) == 1, "the first waits")
    holds(not barriers[0].participating, "the first has not entered")
    in_thread(barriers[1].enter)()
    entered()
    equal([barrier.participating for barrier in barriers], [True, True], "participating")

    left = in_thread(barriers[0].leave)
    eventually(lambda: not one.exists(context.path("barrier/ready")), "the first is leaving")
    holds(barriers[0].participating, "the first has not left")
    in_thread(barriers[1].leave)()
    left()
    equal([barrier.participating for barrier in barriers], [False, False], "participating")
    equal(one.get_children(context.path("barrier")), [], "who is left")


@check
def counter_loses_no_count(context):
    clients = [context.connect() for _ in range(3)]

    def count(zk):
        counter = zk.Counter(context.path("counter"))
        for _ in range(20):
            counter += 3
            counter -= 1

    for finish in [in_thread(count, zk) for zk in clients]:
        finish(40)
    equal(clients[0].Counter(context.path("counter")).value, 120, "the value")


@check
def counter_keeps_its_type_and_curators_format(context):
    zk = context.connect()
    real = zk.Counter(context.path("real"), default=1.5)
    real += 0.25
    equal(real.value, 1.75, "a float's value")
    curator = zk.Counter(context.path("curator"), support_curator=True)
    curator += 258
    equal(zk.get(context.path("curator"))[0], b"\0\0\1\2", "the bytes for Curator")
    equal(curator.value, 258, "the value")


@check
def queue_gives_by_priority_and_then_in_order(context):
    producer, consumer = context.connect(), context.connect()
    queue = producer.Queue(context.path("queue"))
    for value, priority in ((b"c", 100), (b"d", 100), (b"e", 200), (b"a", 1), (b"b", 1)):
        queue.put(value, priority)
    equal(len(queue), 5, "the length")
    taken = consumer.Queue(context.path("queue"))
    equal([taken.get() for _ in range(6)], [b"a", b"b", b"c", b"d", b"e", None], "the entries")
    equal(len(queue), 0, "the length at the end")


@check
def queue_gives_each_entry_once(context):
    producer, consumers = context.connect(), [context.connect() for _ in range(3)]
    queue = producer.Queue(context.path("queue"))
    values = [b"%03d" % number for number in range(60)]
    for value in values:
        queue.put(value)

    def drain(zk):
        taken, own = [], zk.Queue(context.path("queue"))
        while True:
            value = own.get()
            if value is None:
                return taken
            taken.append(value)

    running = [in_thread(drain, zk) for zk in consumers]
    taken = [finish(40) for finish in running]
    equal(sorted(sum(taken, [])), values, "the entries of all")


@check
def locking_queue_keeps_an_entry_until_it_is_consumed(context):
    one, two = context.connect(), context.connect()
    first, second = (zk.LockingQueue(context.path("queue")) for zk in (one, two))
    first.put_all([b"a", b"b"])
    equal(first.get(5), b"a", "the first's entry")
    equal(first.get(5), b"a", "the first's entry once more")
    equal(second.get(5), b"b", "the second's entry")
    equal(first.holds_lock(), True, "whether the first holds its entry")
    equal(second.release(), True, "what release returns")
    equal(first.consume(), True, "what consume returns")
    equal(first.get(5), b"b", "the entry that was released")
    equal(first.consume(), True, "what the second consume returns")
    equal(second.get(0.2), None, "an entry of an empty queue")


@check
def locking_queue_wakes_a_consumer_that_waits(context):
    one, two = context.connect(), context.connect()
    queue = two.LockingQueue(context.path("queue"))
    waiting = in_thread(queue.get, 20)
    eventually(lambda: two._child_watchers[context.path("queue/entries")], "the consumer watches")
    one.LockingQueue(context.path("queue")).put(b"late")
    equal(waiting(), b"late", "the entry")


@check
def locking_queue_entry_returns_when_its_consumer_stops(context):
    one, two = context.connect(timeout=SESSION_SECONDS), context.connect()
    first, second = (zk.LockingQueue(context.path("queue")) for zk in (one, two))
    first.put(b"a")
    equal(first.get(5), b"a", "the first's entry")
    equal(second.get(0.2), None, "the second's entry meanwhile")
    stop(one)
    equal(second.get(5), b"a", "the second's entry then")


@check
def party_counts_who_is_there(context):
    for kind in ("Party", "ShallowParty"):
        clients = [context.connect(timeout=SESSION_SECONDS) for _ in range(3)]
        path = context.path(kind)
        parties = [getattr(zk, kind)(path, "m%d" % n) for n, zk in enumerate(clients)]
        for party in parties:
            party.join()
        equal(sorted(parties[0]), ["m0", "m1", "m2"], "the members of a " + kind)
        equal(len(parties[0]), 3, "the length")
        equal(parties[1].leave(), True, "what leave returns")
        equal(sorted(parties[0]), ["m0", "m2"], "the members after one left")
        stop(clients[2])
        equal(sorted(parties[0]), ["m0"], "the members after one stopped")


@check
def set_partitioner_divides_again_when_one_leaves(context):
    clients = [context.connect(timeout=SESSION_SECONDS) for _ in range(2)]
    items = tuple("abcde")

    def partitioner(zk, name):
        return zk.SetPartitioner(
            context.path("set"), set=items, identifier=name, time_boundary=0.1
        )

    def settle(partitioners):
        """Does what the users of partitioners do until all of them have their part."""
        for one in partitioners:
            if one.release:
                one.release_set()
            elif one.allocating:
                one.wait_for_acquire(0.05)
        return all(one.acquired for one in partitioners)

    one, two = partitioner(clients[0], "1"), partitioner(clients[1], "2")
    eventually(
        lambda: settle([one, two]) and sorted(list(one) + list(two)) == sorted(items),
        "the two divide the set",
        seconds=20,
    )
    holds(list(one) and list(two), "both have a part")
    stop(clients[1])
    eventually(lambda: settle([one]) and sorted(one) == sorted(items), "the one has all", 20)
    one.finish()


@check
def tree_cache_mirrors_a_subtree(context):
    reader, writer, path = context.connect(), context.connect(), context.path("tree")
    writer.create(path + "/a/b", b"1", makepath=True)
    cache = TreeCache(reader, path)
    initialized = threading.Event()
    cache.listen(lambda event: initialized.set() if event.event_type == 6 else None)
    cache.start()
    happens(initialized, "the cache is initialized")
    equal(cache.get_data(path + "/a/b").data, b"1", "the data at first")
    writer.set(path + "/a/b", b"2")
    eventually(lambda: cache.get_data(path + "/a/b").data == b"2", "a change is seen")
    writer.create(path + "/a/c", b"3")
    eventually(lambda: cache.get_data(path + "/a/c"), "a new znode is seen")
    equal(sorted(cache.get_children(path + "/a")), ["b", "c"], "the children")
    writer.delete(path + "/a", recursive=True)
    eventually(lambda: cache.get_data(path + "/a") is None, "a deletion is seen")
    cache.close()


if __name__ == "__main__":
    run_checks()
