"""What kazoo's recipes do when their connection is lost, or their session with all that it held."""
import datetime
import threading

from kazoo.client import KazooState
from kazoo.recipe.cache import TreeCache, TreeEvent

from support.harness import (
    check,
    drop_connection,
    equal,
    eventually,
    happens,
    holds,
    in_thread,
    run_checks,
    stop,
)
from support.wire import close_session


def end_session(context, client):
    """Ends the client's session on the server, and waits until the client has a new one."""
    session_id = client.client_id[0]
    close_session(context.address, client.client_id)
    eventually(
        lambda: client.connected and client.client_id[0] not in (0, session_id), "a new session"
    )


def started_cache(client, path):
    """A TreeCache that knows all there is, and the list of what it tells from then on."""
    cache, events = TreeCache(client, path), []
    initialized = threading.Event()

    def listen(event):
        if event.event_type == TreeEvent.INITIALIZED:
            initialized.set()
        elif event.event_data is not None:
            events.append((event.event_type, event.event_data.path, event.event_data.data))

    cache.listen(listen)
    cache.start()
    happens(initialized, "the cache is initialized")
    del events[:]
    return cache, events


@check
def tree_cache_tells_of_every_change(context):
    reader, writer, path = context.connect(), context.connect(), context.path("tree")
    writer.create(path + "/a", b"1", makepath=True)
    cache, events = started_cache(reader, path)
    expected = [
        (TreeEvent.NODE_UPDATED, path + "/a", b"2"),
        (TreeEvent.NODE_ADDED, path + "/b", b"3"),
        (TreeEvent.NODE_REMOVED, path + "/b", b"3"),
    ]
    writer.set(path + "/a", b"2")
    eventually(lambda: len(events) == 1, "the change")
    writer.create(path + "/b", b"3")
    eventually(lambda: len(events) == 2, "the new znode")
    writer.delete(path + "/b")
    eventually(lambda: len(events) == 3, "the deletion")
    equal(events, expected, "all that was told")
    cache.close()


@check
def tree_cache_sees_what_it_missed(context):
    for lose in (drop_connection, lambda client: end_session(context, client)):
        reader, writer = context.connect(), context.connect()
        path = writer.create(context.path("tree-"), sequence=True)
        for name in ("gone", "changed"):
            writer.create(path + "/" + name, b"1")
        cache, _ = started_cache(reader, path)
        lose(reader)
        writer.delete(path + "/gone")
        writer.set(path + "/changed", b"2")
        writer.create(path + "/new", b"3")
        eventually(lambda: cache.get_data(path + "/gone") is None, "the deletion")
        eventually(lambda: cache.get_data(path + "/changed").data == b"2", "the change")
        eventually(lambda: cache.get_data(path + "/new"), "the new znode")
        writer.set(path + "/new", b"4")
        eventually(lambda: cache.get_data(path + "/new").data == b"4", "a later change")
        cache.close()


@check
def data_watch_and_children_watch_survive_the_end_of_their_session(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path, b"0")
    data, children = [], []
    reader.DataWatch(path, lambda value, stat: data.append(value))
    reader.ChildrenWatch(path, lambda names: children.append(sorted(names)))
    end_session(context, reader)
    writer.set(path, b"1")
    writer.create(path + "/b")
    eventually(lambda: data[-1] == b"1", "the data is seen")
    eventually(lambda: children[-1] == ["b"], "the child is seen")


@check
def a_lock_is_lost_with_its_session(context):
    one, two = context.connect(), context.connect()
    lost = threading.Event()
    one.add_listener(lambda state: lost.set() if state == KazooState.LOST else None)
    lock = one.Lock(context.path("lock"), "one")
    lock.acquire()
    other = two.Lock(context.path("lock"), "two")
    waiting = in_thread(other.acquire)
    eventually(lambda: other.contenders() == ["one", "two"], "the second stands in line")
    end_session(context, one)
    equal(waiting(), True, "what acquire returns")
    happens(lost, "the first hears that it lost its session")
    equal(other.contenders(), ["two"], "who is left")
    other.release()


@check
def a_lock_is_kept_through_a_lost_connection(context):
    one, two = context.connect(), context.connect()
    lock, other = one.Lock(context.path("lock")), two.Lock(context.path("lock"))
    lock.acquire()
    states = []
    one.add_listener(states.append)
    drop_connection(one)
    eventually(lambda: states == [KazooState.SUSPENDED, KazooState.CONNECTED], "it is back")
    equal(other.acquire(blocking=False), False, "whether the second gets it meanwhile")
    lock.release()
    equal(other.acquire(blocking=False), True, "whether the second gets it after release")
    other.release()


@check
def a_transaction_is_retried_through_a_lost_connection(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path)
    drop_connection(zk)

    def change():
        transaction = zk.transaction()
        transaction.check(path, 0)
        transaction.create(path + "/b", b"x")
        return transaction.commit()

    equal(zk.retry(change)[1], path + "/b", "the second result")
    equal(zk.get(path + "/b")[0], b"x", "the data")


@check
def a_party_is_counted_again_after_the_end_of_its_session(context):
    one, two = context.connect(), context.connect()
    party, other = one.Party(context.path("party"), "one"), two.Party(context.path("party"), "two")
    party.join()
    other.join()
    end_session(context, one)
    eventually(lambda: sorted(other) == ["two"], "the first is gone")
    party.join()
    eventually(lambda: sorted(other) == ["one", "two"], "the first is back")


@check
def a_lease_is_one_clients_until_it_ends(context):
    one, two = context.connect(), context.connect()
    path, hour = context.path("lease"), datetime.timedelta(hours=1)
    holds(one.NonBlockingLease(path, hour, identifier="one"), "the first gets it")
    holds(not two.NonBlockingLease(path, hour, identifier="two"), "the second does not")
    holds(one.NonBlockingLease(path, hour, identifier="one"), "the first may have it again")
    # It is not an ephemeral: only time ends it.
    stop(one)
    holds(not two.NonBlockingLease(path, hour, identifier="two"), "nor when the first stops")

    several = context.path("several")
    holds(two.MultiNonBlockingLease(2, several, hour, identifier="one"), "the first of two")
    holds(two.MultiNonBlockingLease(2, several, hour, identifier="two"), "the second of two")
    holds(not two.MultiNonBlockingLease(2, several, hour, identifier="three"), "no third of two")


if __name__ == "__main__":
    run_checks()
