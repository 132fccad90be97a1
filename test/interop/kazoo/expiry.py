"""Processes killed with SIGKILL: what they held goes after their session timeout, and not before.

The server hears of a kill only by silence. It must wait for the negotiated timeout since the last
packet, and ZooKeeper rounds that up to its tick; a ping may be a third of the timeout old at the
kill. So what was held is still there at 60 % of the timeout, and gone two ticks after it.
"""
import threading
import time

from kazoo.protocol.states import EventType

from support.harness import check, equal, eventually, happens, holds, run_checks
from support.holder import IDENTIFIER, Holder
from support.wire import tick_seconds

# For a machine that is busy with something else.
MARGIN_SECONDS = 1.5
CERTAINLY_ALIVE = 0.6


class Deletion:
    """Watches a znode that exists, and keeps when it was deleted."""

    def __init__(self, zk, path):
        self.happened = threading.Event()
        self.at = None
        holds(zk.exists(path, watch=self._on_event), path + " exists")

    def _on_event(self, event):
        if event.type == EventType.DELETED:
            self.at = time.monotonic()
            self.happened.set()


class Bounds:
    """When, after a kill, a session must still live and when it must have ended."""

    def __init__(self, holder, killed_at, tick):
        self._alive_until = killed_at + CERTAINLY_ALIVE * holder.session_seconds
        self._over_at = killed_at + holder.session_seconds + 2 * tick + MARGIN_SECONDS

    def lives_on(self, ended, what):
        """Waits for an event that must not happen yet."""
        holds(not ended.wait(self._alive_until - time.monotonic()), "not too early: " + what)

    def ends(self, ended, what):
        happens(ended, what, self._over_at - time.monotonic())


def holder_of_ephemerals(context, session_seconds, *paths):
    holder = Holder(context.address, session_seconds, "ephemerals", *paths)
    equal(holder.session_seconds, session_seconds, "the negotiated timeout")
    return holder


def dies_in_time(context, ticks):
    zk, tick, path = context.connect(), tick_seconds(context.address), context.path("e")
    holder = holder_of_ephemerals(context, ticks * tick, path)
    deletion = Deletion(zk, path)
    bounds = Bounds(holder, holder.kill(), tick)
    bounds.lives_on(deletion.happened, "the ephemeral's deletion")
    equal(zk.exists(path).ephemeralOwner, holder.client_id[0], "the owner meanwhile")
    bounds.ends(deletion.happened, "the ephemeral's deletion")
    equal(zk.exists(path), None, "the ephemeral at the end")


@check
def ephemerals_of_a_killed_process_go_after_the_shortest_timeout(context):
    dies_in_time(context, ticks=2)


@check
def ephemerals_of_a_killed_process_go_after_a_longer_timeout(context):
    dies_in_time(context, ticks=4)


@check
def an_expired_sessions_ephemerals_go_together(context):
    zk, tick = context.connect(), tick_seconds(context.address)
    parents = [context.path(name) for name in ("a", "b", "c")]
    for parent in parents:
        zk.create(parent)
        zk.create(parent + "/stays")
    paths = [parent + "/e" for parent in parents]
    holder = holder_of_ephemerals(context, 2 * tick, *paths)
    deletions = [Deletion(zk, path) for path in paths]
    bounds = Bounds(holder, holder.kill(), tick)
    for deletion in deletions:
        bounds.ends(deletion.happened, "the deletion of each")
    # One transaction: whoever sees one of them gone sees all of them gone.
    equal(len({zk.exists(parent).pzxid for parent in parents}), 1, "the number of zxids")
    for parent in parents:
        equal(zk.get_children(parent), ["stays"], "the children of " + parent)


@check
def pings_keep_an_idle_session(context):
    zk, tick, path = context.connect(), tick_seconds(context.address), context.path("e")
    holder = holder_of_ephemerals(context, 2 * tick, path)
    deletion = Deletion(zk, path)
    idle_seconds = holder.session_seconds + 2 * tick + MARGIN_SECONDS
    holds(not deletion.happened.wait(idle_seconds), "an idle session lives for %g s" % idle_seconds)
    bounds = Bounds(holder, holder.kill(), tick)
    bounds.lives_on(deletion.happened, "the ephemeral's deletion")
    bounds.ends(deletion.happened, "the ephemeral's deletion")


@check
def an_heir_keeps_a_killed_processs_session(context):
    zk, tick, path = context.connect(), tick_seconds(context.address), context.path("e")
    holder = holder_of_ephemerals(context, 2 * tick, path)
    deletion = Deletion(zk, path)
    holder.kill()
    heir = context.connect(client_id=holder.client_id, timeout=holder.session_seconds)
    equal(heir.client_id[0], holder.client_id[0], "the session id")
    kept_seconds = holder.session_seconds + 2 * tick + MARGIN_SECONDS
    holds(not deletion.happened.wait(kept_seconds), "it is kept for %g s" % kept_seconds)
    equal(zk.exists(path).ephemeralOwner, heir.client_id[0], "the owner")


@check
def an_expired_session_cannot_be_taken_along(context):
    zk, tick, path = context.connect(), tick_seconds(context.address), context.path("e")
    holder = holder_of_ephemerals(context, 2 * tick, path)
    deletion = Deletion(zk, path)
    bounds = Bounds(holder, holder.kill(), tick)
    bounds.ends(deletion.happened, "the ephemeral's deletion")
    late = context.connect(client_id=holder.client_id)
    holds(late.client_id[0] != holder.client_id[0], "the session id is another")


@check
def a_killed_leader_is_followed_by_the_next(context):
    zk, tick, path = context.connect(), tick_seconds(context.address), context.path("election")
    holder = Holder(context.address, 2 * tick, "lead", path)
    election = zk.Election(path, "next")
    led = threading.Event()
    threading.Thread(target=election.run, args=(led.set,), daemon=True).start()
    eventually(lambda: election.contenders() == [IDENTIFIER, "next"], "the next is a candidate")
    bounds = Bounds(holder, holder.kill(), tick)
    bounds.lives_on(led, "the next leader")
    bounds.ends(led, "the next leader")


@check
def a_killed_holders_lock_passes_on(context):
    zk, tick, path = context.connect(), tick_seconds(context.address), context.path("lock")
    holder = Holder(context.address, 2 * tick, "lock", path)
    lock = zk.Lock(path, "next")
    acquired = threading.Event()

    def acquire():
        if lock.acquire():
            acquired.set()

    threading.Thread(target=acquire, daemon=True).start()
    eventually(lambda: lock.contenders() == [IDENTIFIER, "next"], "the next is in the queue")
    bounds = Bounds(holder, holder.kill(), tick)
    bounds.lives_on(acquired, "the next acquires")
    bounds.ends(acquired, "the next acquires")
    equal(lock.contenders(), ["next"], "the contenders")


if __name__ == "__main__":
    run_checks(at_once=True)
