"""Sessions: timeouts, lost connections, taking a session along, expiry and close."""
import threading

from kazoo.client import KazooState

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
from support.holder import Holder
from support.wire import close_session, negotiate

# Longer than any of these checks take: nothing here may end by running out of time.
HOLDER_SECONDS = 20


class States:
    """What a client's listener is told; wait_for() takes the states in order."""

    def __init__(self, client):
        self.seen = []
        client.add_listener(self.seen.append)

    def wait_for(self, *states):
        eventually(
            lambda: len(self.seen) >= len(states), "%s; so far %s" % (list(states), self.seen)
        )
        equal(self.seen[:len(states)], list(states), "the states")
        del self.seen[:len(states)]


@check
def the_timeout_is_clamped_to_two_and_twenty_ticks(context):
    shortest = negotiate(context.address, 1).timeout_ms
    holds(shortest > 1, "a timeout of 1 ms is raised (to %d)" % shortest)
    longest = negotiate(context.address, 2**31 - 1).timeout_ms
    equal(longest, 10 * shortest, "the longest timeout, in ms")
    between = shortest + 777
    equal(negotiate(context.address, between).timeout_ms, between, "a timeout in between")


@check
def every_session_has_its_own_id_and_password(context):
    sessions = [negotiate(context.address, 10_000) for _ in range(20)]
    ids = [session.session_id for session in sessions]
    equal(len(set(ids)), 20, "the number of different ids")
    holds(0 not in ids, "no id is 0")
    equal({len(session.password) for session in sessions}, {16}, "the lengths of the passwords")
    equal(len({session.password for session in sessions}), 20, "the number of passwords")


@check
def a_lost_connection_keeps_session_and_ephemerals(context):
    zk, other, path = context.connect(), context.connect(), context.path("e")
    zk.create(path, ephemeral=True)
    session = zk.client_id
    deleted = threading.Event()
    other.exists(path, watch=lambda event: deleted.set())
    states = States(zk)
    for _ in range(5):
        drop_connection(zk)
        states.wait_for(KazooState.SUSPENDED, KazooState.CONNECTED)
        equal(zk.client_id, session, "the session")
        equal(zk.exists(path).ephemeralOwner, session[0], "the ephemeral's owner")
    holds(not deleted.is_set(), "the ephemeral was there all the time")
    equal(states.seen, [], "further states")


@check
def a_resumed_session_owns_what_it_creates(context):
    zk, other = context.connect(), context.connect()
    drop_connection(zk)
    zk.retry(zk.create, context.path("e"), ephemeral=True)
    equal(other.exists(context.path("e")).ephemeralOwner, zk.client_id[0], "the owner")
    stop(zk)
    equal(other.exists(context.path("e")), None, "the ephemeral after the session")


@check
def retry_gets_every_write_through_lost_connections(context):
    zk, other, path = context.connect(), context.connect(), context.path("a")
    zk.create(path, b"0")
    session = zk.client_id
    states = States(zk)
    progress = []
    writes = 300

    def write_all():
        for number in range(1, writes + 1):
            zk.retry(zk.set, path, b"%d" % number)
            progress.append(number)

    finish = in_thread(write_all)
    for drops in range(1, 4):
        eventually(lambda: len(progress) >= drops * 50, "the writer gets on")
        drop_connection(zk)
        states.wait_for(KazooState.SUSPENDED, KazooState.CONNECTED)
    finish(30)
    data, stat = other.get(path)
    equal(data, b"%d" % writes, "the data")
    # A write whose answer was lost is repeated, so there may be more than were asked for.
    versions = range(writes, writes + 4)
    holds(stat.version in versions, "version %d is one of %s" % (stat.version, versions))
    equal(zk.client_id, session, "the session")


@check
def another_client_can_take_a_session_along(context):
    holder = Holder(context.address, HOLDER_SECONDS, "ephemerals", context.path("e"))
    holder.kill()
    heir, other = context.connect(client_id=holder.client_id), context.connect()
    equal(heir.client_id[0], holder.client_id[0], "the session id")
    equal(other.exists(context.path("e")).ephemeralOwner, holder.client_id[0], "the owner")
    heir.create(context.path("f"), ephemeral=True)
    equal(other.exists(context.path("f")).ephemeralOwner, holder.client_id[0], "the new owner")
    stop(heir)
    equal(other.get_children(context.root), [], "what is left after the session")


@check
def the_wrong_password_gets_a_session_of_its_own(context):
    holder = Holder(context.address, HOLDER_SECONDS, "ephemerals", context.path("e"))
    holder.kill()
    session_id, password = holder.client_id
    thief = context.new_client(client_id=(session_id, bytes(16)))
    states = States(thief)
    thief.start()
    states.wait_for(KazooState.CONNECTED)
    holds(thief.client_id[0] != session_id, "the thief has another session id")
    stop(thief)
    holds(context.connect().exists(context.path("e")), "the ephemeral outlives the thief")
    heir = context.connect(client_id=(session_id, password))
    equal(heir.client_id[0], session_id, "the session id for the right password")


@check
def an_unknown_session_gets_a_new_one(context):
    stranger = context.connect(client_id=(0x7FFFFFFFFFFFFFF, b"\1" * 16))
    holds(stranger.client_id[0] != 0x7FFFFFFFFFFFFFF, "the session id is another")
    stranger.create(context.path("e"), ephemeral=True)
    equal(
        stranger.exists(context.path("e")).ephemeralOwner, stranger.client_id[0], "the owner"
    )


@check
def a_session_closed_elsewhere_is_lost(context):
    zk, other, path = context.connect(), context.connect(), context.path("e")
    zk.create(path, ephemeral=True)
    session_id = zk.client_id[0]
    states = States(zk)
    close_session(context.address, zk.client_id)
    equal(other.exists(path), None, "the ephemeral")
    states.wait_for(KazooState.SUSPENDED, KazooState.LOST, KazooState.CONNECTED)
    holds(zk.client_id[0] != session_id, "the client has a new session")
    zk.create(path, ephemeral=True)
    equal(other.exists(path).ephemeralOwner, zk.client_id[0], "the owner of a new ephemeral")


@check
def a_closed_session_stays_closed(context):
    zk = context.connect()
    session = zk.client_id
    stop(zk)
    equal(close_session(context.address, session).session_id, 0, "the answer to a reattach")
    late = context.connect(client_id=session)
    holds(late.client_id[0] != session[0], "the session id is another")


@check
def restart_begins_a_new_session(context):
    zk, other, path = context.connect(), context.connect(), context.path("e")
    zk.create(path, ephemeral=True)
    session_id = zk.client_id[0]
    zk.restart()
    holds(zk.client_id[0] != session_id, "the session id is another")
    equal(other.exists(path), None, "the ephemeral of the first session")


@check
def stop_closes_the_session_at_once(context):
    zk, other, path = context.connect(timeout=30.0), context.connect(), context.path("e")
    zk.create(path, ephemeral=True)
    deleted = threading.Event()
    other.exists(path, watch=lambda event: deleted.set())
    stop(zk)
    happens(deleted, "the ephemeral is deleted", seconds=2)


if __name__ == "__main__":
    run_checks()
