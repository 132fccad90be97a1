"""Watches: the one-shot watchers of get, exists and get_children, DataWatch and ChildrenWatch."""
from kazoo.exceptions import NoNodeError
from kazoo.protocol.states import EventType

from support.harness import check, drop_connection, equal, eventually, raises, run_checks


class Recorder:
    """A watcher that keeps what it was told, as (type, path)."""

    def __init__(self):
        self.events = []

    def __call__(self, event):
        self.events.append((event.type, event.path))

    def waits_for(self, *events):
        eventually(lambda: len(self.events) >= len(events), "%d events" % len(events))
        equal(self.events, list(events), "the events")


def flush_events(context, reader, writer):
    """Returns when the reader has run every watcher whose change came before this call: kazoo
    runs them one after the other, in the order in which the events came."""
    path = context.path("fence")
    fence = Recorder()
    reader.exists(path, watch=fence)
    if writer.exists(path):
        writer.delete(path)
    else:
        writer.create(path)
    eventually(lambda: fence.events, "the fence's event")


@check
def get_tells_of_new_data_once(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path)
    watcher = Recorder()
    reader.get(path, watch=watcher)
    writer.set(path, b"one")
    watcher.waits_for((EventType.CHANGED, path))
    writer.set(path, b"two")
    writer.delete(path)
    flush_events(context, reader, writer)
    equal(len(watcher.events), 1, "the number of events")


@check
def get_tells_of_deletion(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path)
    watcher = Recorder()
    reader.get(path, watch=watcher)
    writer.delete(path)
    watcher.waits_for((EventType.DELETED, path))


@check
def a_failed_get_leaves_no_watch(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    watcher = Recorder()
    raises(NoNodeError, reader.get, path, watch=watcher)
    raises(NoNodeError, reader.get_children, path, watch=watcher)
    writer.create(path)
    flush_events(context, reader, writer)
    equal(watcher.events, [], "the events")


@check
def exists_tells_of_creation_change_and_deletion(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    watcher = Recorder()
    equal(reader.exists(path, watch=watcher), None, "exists")
    writer.create(path)
    watcher.waits_for((EventType.CREATED, path))
    reader.exists(path, watch=watcher)
    writer.set(path, b"x")
    watcher.waits_for((EventType.CREATED, path), (EventType.CHANGED, path))
    reader.exists(path, watch=watcher)
    writer.delete(path)
    watcher.waits_for(
        (EventType.CREATED, path), (EventType.CHANGED, path), (EventType.DELETED, path)
    )


@check
def get_children_tells_of_new_and_removed_children(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path)
    watcher = Recorder()
    equal(reader.get_children(path, watch=watcher), [], "the children")
    writer.set(path, b"not about children")
    writer.create(path + "/child")
    watcher.waits_for((EventType.CHILD, path))
    reader.get_children(path, watch=watcher)
    writer.set(path + "/child", b"not about children")
    writer.create(path + "/child/grandchild")
    writer.delete(path + "/child/grandchild")
    writer.delete(path + "/child")
    watcher.waits_for((EventType.CHILD, path), (EventType.CHILD, path))
    flush_events(context, reader, writer)
    equal(len(watcher.events), 2, "the number of events")


@check
def a_deletion_reaches_every_kind_of_watcher(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path)
    data, existence, children, siblings = Recorder(), Recorder(), Recorder(), Recorder()
    reader.get(path, watch=data)
    reader.exists(path, watch=existence)
    reader.get_children(path, watch=children)
    reader.get_children(context.root, watch=siblings)
    writer.delete(path)
    data.waits_for((EventType.DELETED, path))
    existence.waits_for((EventType.DELETED, path))
    children.waits_for((EventType.DELETED, path))
    siblings.waits_for((EventType.CHILD, context.root))
    flush_events(context, reader, writer)
    equal([len(watcher.events) for watcher in (data, existence, children)], [1, 1, 1], "events")


@check
def own_changes_fire_too(context):
    zk, path = context.connect(), context.path("a")
    watcher = Recorder()
    zk.exists(path, watch=watcher)
    zk.create(path)
    watcher.waits_for((EventType.CREATED, path))


@check
def an_ended_session_fires_for_its_ephemerals(context):
    reader, owner, path = context.connect(), context.connect(), context.path("e")
    owner.create(path, ephemeral=True)
    watcher, parent = Recorder(), Recorder()
    reader.get(path, watch=watcher)
    reader.get_children(context.root, watch=parent)
    owner.stop()
    watcher.waits_for((EventType.DELETED, path))
    parent.waits_for((EventType.CHILD, context.root))


@check
def events_come_in_the_order_of_the_changes(context):
    reader, writer = context.connect(), context.connect()
    paths = [context.path("n%d" % number) for number in range(200)]
    watcher = Recorder()
    for path in paths:
        writer.create(path)
        reader.get(path, watch=watcher)
    changed = paths[::-1]
    for path in changed:
        writer.set_async(path, b"x")
    eventually(lambda: len(watcher.events) >= len(paths), "every watch fires")
    equal(watcher.events, [(EventType.CHANGED, path) for path in changed], "the events")


@check
def every_client_that_watches_is_told(context):
    readers, writer = [context.connect() for _ in range(5)], context.connect()
    path = context.path("a")
    writer.create(path)
    watchers = [Recorder() for _ in readers]
    for reader, watcher in zip(readers, watchers):
        reader.get(path, watch=watcher)
    writer.set(path, b"x")
    for watcher in watchers:
        watcher.waits_for((EventType.CHANGED, path))


@check
def data_watch_follows_a_znode_through_its_life(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    seen = []
    reader.DataWatch(path, lambda data, stat: seen.append(data))
    equal(seen, [None], "what it is told at first")
    steps = [(writer.create, b"one"), (writer.set, b"two"), (writer.set, b"three")]
    for number, (change, data) in enumerate(steps):
        change(path, data)
        eventually(lambda: len(seen) >= number + 2, "it sees %r" % data)
    writer.delete(path)
    eventually(lambda: len(seen) >= 5, "it sees the deletion")
    writer.create(path, b"again")
    eventually(lambda: len(seen) >= 6, "it sees the new znode")
    equal(seen, [None, b"one", b"two", b"three", None, b"again"], "all it saw")


@check
def data_watch_gets_the_stat_and_the_event(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path, b"one")
    seen = []
    reader.DataWatch(path, lambda data, stat, event: seen.append((data, stat.version, event)))
    equal(seen, [(b"one", 0, None)], "what it is told at first")
    writer.set(path, b"two")
    eventually(lambda: len(seen) >= 2, "it sees the change")
    data, version, event = seen[1]
    equal((data, version), (b"two", 1), "data and version")
    equal((event.type, event.path), (EventType.CHANGED, path), "the event")


@check
def data_watch_ends_when_its_function_returns_false(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path, b"one")
    seen = []

    def until_two(data, stat):
        seen.append(data)
        return data != b"two"

    reader.DataWatch(path, until_two)
    writer.set(path, b"two")
    eventually(lambda: len(seen) >= 2, "it sees the change")
    writer.set(path, b"three")
    flush_events(context, reader, writer)
    equal(seen, [b"one", b"two"], "all it saw")


@check
def children_watch_follows_the_children(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path)
    seen = []
    reader.ChildrenWatch(path, lambda children: seen.append(sorted(children)))
    equal(seen, [[]], "what it is told at first")
    writer.create(path + "/b")
    eventually(lambda: seen[-1] == ["b"], "it sees the first child")
    writer.create(path + "/a")
    eventually(lambda: seen[-1] == ["a", "b"], "it sees the second")
    writer.delete(path + "/b")
    eventually(lambda: seen[-1] == ["a"], "it sees the deletion")
    equal(seen, [[], ["b"], ["a", "b"], ["a"]], "all it saw")


@check
def data_watch_and_children_watch_survive_a_lost_connection(context):
    reader, writer, path = context.connect(), context.connect(), context.path("a")
    writer.create(path, b"0")
    data, children = [], []
    reader.DataWatch(path, lambda value, stat: data.append(value))
    reader.ChildrenWatch(path, lambda names: children.append(sorted(names)))
    for number in range(1, 4):
        drop_connection(reader)
        writer.set(path, b"%d" % number)
        writer.create(path + "/%d" % number)
        names = ["%d" % name for name in range(1, number + 1)]
        eventually(lambda: data[-1] == b"%d" % number, "the data set meanwhile is seen")
        eventually(lambda: children[-1] == names, "the child made meanwhile is seen")
    writer.set(path, b"after")
    eventually(lambda: data[-1] == b"after", "a change after the reconnect is seen")


if __name__ == "__main__":
    run_checks()
