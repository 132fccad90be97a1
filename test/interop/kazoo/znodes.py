"""Znodes: create, read, write, delete; their Stats, versions, numbers, owners and names."""
import time

from kazoo.exceptions import (
    BadArgumentsError,
    BadVersionError,
    NoChildrenForEphemeralsError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
)

from support.harness import (
    SOON_SECONDS,
    check,
    equal,
    eventually,
    holds,
    in_thread,
    raises,
    run_checks,
    stop,
)


@check
def create_returns_the_path_and_get_the_data(context):
    zk, path = context.connect(), context.path("a")
    equal(zk.create(path, b"data"), path, "the created path")
    equal(zk.get(path)[0], b"data", "the data")


@check
def a_new_znode_has_a_new_stat(context):
    zk, path = context.connect(), context.path("a")
    before_ms = time.time() * 1000
    zk.create(path, b"12345")
    stat = zk.exists(path)
    holds(stat.czxid > 0, "czxid > 0")
    equal(stat.mzxid, stat.czxid, "mzxid")
    equal(stat.pzxid, stat.czxid, "pzxid")
    equal(stat.mtime, stat.ctime, "mtime")
    holds(abs(stat.ctime - before_ms) < 60_000, "ctime is now")
    equal((stat.version, stat.cversion, stat.aversion), (0, 0, 0), "the versions")
    equal((stat.ephemeralOwner, stat.dataLength, stat.numChildren), (0, 5, 0), "the rest")
    equal(zk.get(path)[1], stat, "the Stat that get returns")


@check
def create_with_include_data_returns_the_stat(context):
    zk, path = context.connect(), context.path("a")
    created, stat = zk.create(path, b"data", include_data=True)
    equal(created, path, "the created path")
    equal(stat, zk.exists(path), "the Stat")


@check
def set_moves_version_and_mzxid_only(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path, b"one")
    before = zk.exists(path)
    after = zk.set(path, b"three")
    equal(after, zk.exists(path), "the Stat that set returns")
    equal((after.version, after.dataLength), (1, 5), "version and dataLength")
    holds(after.mzxid > before.mzxid, "mzxid grew")
    holds(after.mtime >= before.mtime, "mtime did not go back")
    unchanged = ("czxid", "pzxid", "ctime", "cversion", "aversion", "ephemeralOwner", "numChildren")
    for name in unchanged:
        equal(getattr(after, name), getattr(before, name), name)


@check
def children_move_cversion_and_pzxid_of_the_parent(context):
    zk, parent = context.connect(), context.path("parent")
    zk.create(parent)
    before = zk.exists(parent)
    _, first = zk.create(parent + "/a", include_data=True)
    _, second = zk.create(parent + "/b", include_data=True)
    holds(first.czxid < second.czxid, "czxid grows")
    stat = zk.exists(parent)
    equal((stat.cversion, stat.numChildren, stat.pzxid), (2, 2, second.czxid), "after two creates")
    zk.set(parent + "/a", b"x")
    equal(zk.exists(parent), stat, "the parent's Stat after a child's set")
    zk.delete(parent + "/a")
    stat = zk.exists(parent)
    equal((stat.cversion, stat.numChildren), (3, 1), "after a delete")
    holds(stat.pzxid > second.czxid, "pzxid grew with the delete")
    equal((stat.version, stat.mzxid), (before.version, before.mzxid), "version and mzxid")


@check
def get_children_lists_names_and_the_stat(context):
    zk, parent = context.connect(), context.path("parent")
    zk.create(parent, b"xy")
    for name in ("b", "a", "c"):
        zk.create(parent + "/" + name)
    equal(sorted(zk.get_children(parent)), ["a", "b", "c"], "the children")
    names, stat = zk.get_children(parent, include_data=True)
    equal(sorted(names), ["a", "b", "c"], "the children with the Stat")
    equal(stat, zk.exists(parent), "the Stat")
    equal(zk.get_children(parent + "/a"), [], "the children of a leaf")


@check
def data_may_be_absent_or_any_bytes(context):
    zk = context.connect()
    zk.create(context.path("absent"))
    equal(zk.get(context.path("absent"))[0], b"", "data that was not given")
    every_byte = bytes(range(256))
    zk.create(context.path("bytes"), every_byte)
    equal(zk.get(context.path("bytes"))[0], every_byte, "the bytes")
    zk.set(context.path("bytes"), b"")
    equal(zk.get(context.path("bytes"))[1].dataLength, 0, "dataLength after an empty set")


@check
def a_missing_znode_is_a_no_node_error(context):
    zk, path = context.connect(), context.path("missing")
    equal(zk.exists(path), None, "exists")
    raises(NoNodeError, zk.get, path)
    raises(NoNodeError, zk.set, path, b"x")
    raises(NoNodeError, zk.delete, path)
    raises(NoNodeError, zk.get_children, path)
    raises(NoNodeError, zk.get_acls, path)
    raises(NoNodeError, zk.create, path + "/child")


@check
def create_of_an_existing_znode_is_refused(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path, b"first")
    raises(NodeExistsError, zk.create, path, b"second")
    raises(NodeExistsError, zk.create, path, b"second", ephemeral=True)
    equal(zk.get(path)[0], b"first", "the data")
    raises(NodeExistsError, zk.create, "/")


@check
def delete_of_a_parent_is_refused(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path + "/b/c", makepath=True)
    raises(NotEmptyError, zk.delete, path)
    zk.delete(path, recursive=True)
    equal(zk.exists(path), None, "exists after a recursive delete")


@check
def the_wrong_version_is_refused(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path, b"one")
    raises(BadVersionError, zk.set, path, b"two", version=1)
    equal(zk.set(path, b"two", version=0).version, 1, "the version after set")
    raises(BadVersionError, zk.delete, path, version=0)
    equal(zk.get(path)[0], b"two", "the data")
    zk.delete(path, version=1)
    equal(zk.exists(path), None, "exists after delete")


@check
def of_two_writers_with_one_version_one_wins(context):
    one, two, path = context.connect(), context.connect(), context.path("a")
    one.create(path)
    for version in range(50):
        pending = [zk.set_async(path, b"x", version=version) for zk in (one, two)]
        outcomes = [result.wait(SOON_SECONDS) and result.successful() for result in pending]
        equal(sorted(outcomes), [False, True], "who won version %d" % version)


@check
def sequential_names_count_every_child_created(context):
    zk, parent = context.connect(), context.path("parent")
    zk.create(parent)
    equal(zk.create(parent + "/n-", sequence=True), parent + "/n-0000000000", "the first")
    zk.create(parent + "/plain")
    zk.delete(parent + "/plain")
    equal(zk.create(parent + "/n-", sequence=True), parent + "/n-0000000002", "the second")
    equal(zk.create(parent + "/other-", sequence=True), parent + "/other-0000000003", "the third")
    equal(zk.create(parent + "/", sequence=True), parent + "/0000000004", "one without a prefix")


@check
def concurrent_sequential_creates_leave_no_gap(context):
    parent = context.path("parent")
    clients = [context.connect() for _ in range(3)]
    clients[0].create(parent)

    def create_many(zk):
        return [zk.create(parent + "/n-", sequence=True, ephemeral=True) for _ in range(40)]

    results = [in_thread(create_many, zk) for zk in clients]
    created = [names() for names in results]
    for names in created:
        equal(names, sorted(names), "one client's names")
    expected = [parent + "/n-%010d" % number for number in range(120)]
    equal(sorted(sum(created, [])), expected, "all names")


@check
def an_ephemeral_belongs_to_its_session(context):
    zk, path = context.connect(), context.path("e")
    zk.create(path, b"x", ephemeral=True)
    equal(zk.exists(path).ephemeralOwner, zk.client_id[0], "ephemeralOwner")
    raises(NoChildrenForEphemeralsError, zk.create, path + "/child")
    equal(zk.exists(path).numChildren, 0, "numChildren")
    sequential = zk.create(context.path("es-"), ephemeral=True, sequence=True)
    equal(zk.exists(sequential).ephemeralOwner, zk.client_id[0], "ephemeralOwner with a number")


@check
def an_ephemeral_goes_with_its_session(context):
    owner, other, path = context.connect(), context.connect(), context.path("e")
    owner.create(path, ephemeral=True)
    owner.create(context.path("persistent"))
    equal(other.exists(path).ephemeralOwner, owner.client_id[0], "ephemeralOwner")
    stop(owner)
    # stop() has waited for the server's answer, so there is nothing more to wait for.
    equal(other.exists(path), None, "the ephemeral")
    holds(other.exists(context.path("persistent")), "the persistent znode stays")


@check
def anybody_may_delete_an_ephemeral(context):
    owner, other, path = context.connect(), context.connect(), context.path("e")
    owner.create(path, ephemeral=True)
    other.delete(path)
    equal(owner.exists(path), None, "exists")
    other.create(path, b"persistent now")
    stop(owner)
    equal(other.get(path)[0], b"persistent now", "the znode of the same name")


@check
def ensure_path_and_makepath_create_the_parents(context):
    zk = context.connect()
    zk.ensure_path(context.path("x/y/z"))
    holds(zk.exists(context.path("x/y/z")), "the ensured path exists")
    zk.ensure_path(context.path("x/y/z"))
    zk.create(context.path("p/q/r"), b"deep", makepath=True)
    equal(zk.get(context.path("p/q/r"))[0], b"deep", "the data of a made path")


@check
def names_may_be_any_language(context):
    zk = context.connect()
    names = ["grün", "日本語", "עברית", "e\u0301", "with space", "a:b=c%20&d", "…", "x" * 200]
    for name in names:
        path = context.path(name)
        equal(zk.create(path, name.encode()), path, "the created path")
        equal(zk.get(path)[0], name.encode(), "the data of " + name)
    equal(sorted(zk.get_children(context.root)), sorted(names), "the names")
    other = context.connect()
    equal(sorted(other.get_children(context.root)), sorted(names), "the names for another client")
    numbered = other.create(context.path("番号-"), sequence=True)
    equal(numbered, context.path("番号-%010d" % len(names)), "a sequential name")


@check
def names_that_zookeeper_does_not_take_are_bad_arguments(context):
    zk = context.connect()
    # Beyond the Basic Multilingual Plane a character is a pair of surrogates to Java: not allowed.
    for name in ("\u0001", "\u007f", "\u009f", "\ue000", "\ufff0", "\U0001f600"):
        raises(BadArgumentsError, zk.create, context.path("a" + name))
    equal(zk.get_children(context.root), [], "what was created")


@check
def the_root_and_its_own_znodes_stay(context):
    zk = context.connect()
    raises(BadArgumentsError, zk.delete, "/")
    raises(BadArgumentsError, zk.delete, "/zookeeper")
    raises(BadArgumentsError, zk.delete, "/zookeeper/quota")
    equal(sorted(zk.get_children("/zookeeper")), ["config", "quota"], "/zookeeper")


@check
def sync_returns_the_path_and_then_reads_are_current(context):
    writer, reader, path = context.connect(), context.connect(), context.path("a")
    writer.create(path, b"0")
    for number in range(20):
        writer.set(path, b"%d" % number)
        equal(reader.sync(path), path, "what sync returns")
        equal(reader.get(path)[0], b"%d" % number, "the data after sync")


@check
def a_chroot_is_only_a_shorter_name(context):
    zk, jail = context.connect(), context.path("jail")
    zk.create(jail)
    inmate = context.connect(chroot=jail)
    equal(inmate.create("/a", b"x"), "/a", "the path created inside")
    equal(zk.get(jail + "/a")[0], b"x", "the data outside")
    equal(inmate.create("/s-", sequence=True), "/s-0000000001", "the sequential path inside")
    equal(sorted(inmate.get_children("/")), ["a", "s-0000000001"], "the children of / inside")
    raises(NoNodeError, inmate.get, jail + "/a")
    events = []
    inmate.get("/a", watch=events.append)
    zk.set(jail + "/a", b"y")
    eventually(lambda: events, "the watch inside fires")
    equal(events[0].path, "/a", "the path of the event")
    inmate.ensure_path("/deep/er")
    holds(zk.exists(jail + "/deep/er"), "the ensured path exists outside")


if __name__ == "__main__":
    run_checks()
