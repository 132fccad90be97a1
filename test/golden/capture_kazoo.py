"""Uses kazoo so that capture.ts can record what it sends.

Run by capture.ts with the system's Python. Before each act it prints "label NAME" and waits for a line, so that the recorder knows
what it sees.
"""
import sys
import threading

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException
from kazoo.security import ACL, Id, make_acl, make_digest_acl


def say(line):
    print(line, flush=True)
    if not sys.stdin.readline():
        sys.exit(1)


def act(name, function):
    """Does one act under its name; a ZooKeeper error is an answer like any other."""
    say("label " + name)
    try:
        return function()
    except KazooException as error:
        print(name, type(error).__name__, file=sys.stderr)
        return None


def watched(arm, change):
    """Arms a watch, makes the change, and waits for the event."""
    seen = threading.Event()
    arm(lambda event: seen.set())
    change()
    if not seen.wait(10):
        raise RuntimeError("no watch event within 10 s")


def transaction(zk, *operations):
    request = zk.transaction()
    for method, arguments in operations:
        getattr(request, method)(*arguments)
    return request.commit()


def main(address):
    zk = KazooClient(hosts=address, timeout=40.0)
    act("connect", zk.start)
    act("create-persistent", lambda: zk.create("/k", b"data"))
    act("create-ephemeral", lambda: zk.create("/k/eph", b"e", ephemeral=True))
    act("create-sequential", lambda: zk.create("/k/seq-", b"s", sequence=True))
    act("create-ephemeral-sequential", lambda: zk.create("/k/es-", b"es", ephemeral=True, sequence=True))
    act("create-empty-data", lambda: zk.create("/k/empty"))
    act("create-with-acls", lambda: zk.create("/k/acl", b"a", acl=[make_digest_acl("user", "pw", all=True), make_acl("world", "anyone", read=True)]))
    act("create2", lambda: zk.create("/k/c2", b"two", include_data=True))
    act("exists", lambda: zk.exists("/k"))
    act("exists-not", lambda: zk.exists("/nope"))
    act("get-data", lambda: zk.get("/k"))
    act("get-data-empty", lambda: zk.get("/k/empty"))
    act("set-data", lambda: zk.set("/k", b"data two"))
    act("set-data-version", lambda: zk.set("/k", b"data three", version=1))
    act("get-children", lambda: zk.get_children("/k"))
    act("get-children2", lambda: zk.get_children("/k", include_data=True))
    act("get-acl", lambda: zk.get_acls("/k/acl"))
    act("set-acl", lambda: zk.set_acls("/k/c2", [ACL(31, Id("world", "anyone"))], version=0))
    act("sync", lambda: zk.sync("/k"))
    act("delete", lambda: zk.delete("/k/c2"))

    act("error-no-node", lambda: zk.get("/nope"))
    act("error-bad-version", lambda: zk.set("/k", b"x", version=99))
    act("error-no-children-for-ephemerals", lambda: zk.create("/k/eph/x"))
    act("error-node-exists", lambda: zk.create("/k"))
    act("error-not-empty", lambda: zk.delete("/k"))
    act("error-invalid-acl", lambda: zk.create("/k/bad", acl=[make_acl("auth", "", all=True)]))
    act("error-no-auth", lambda: zk.set("/k/acl", b"x"))
    act("error-bad-arguments-delete-root", lambda: zk.delete("/"))

    act("multi-success", lambda: transaction(
        zk, ("create", ("/k/m", b"m")), ("set_data", ("/k/m", b"mm")), ("check", ("/k/m", 1)), ("delete", ("/k/m",))))
    act("multi-failure-middle", lambda: transaction(
        zk, ("create", ("/k/m", b"m")), ("check", ("/k", 77)), ("delete", ("/k/m",))))
    act("multi-empty", lambda: transaction(zk))

    act("watch-created", lambda: watched(lambda w: zk.exists("/k/w", watch=w), lambda: zk.create("/k/w")))
    act("watch-data-changed", lambda: watched(lambda w: zk.get("/k/w", watch=w), lambda: zk.set("/k/w", b"2")))
    act("watch-children-changed", lambda: watched(lambda w: zk.get_children("/k", watch=w), lambda: zk.create("/k/w2")))
    act("watch-deleted", lambda: watched(lambda w: zk.exists("/k/w", watch=w), lambda: zk.delete("/k/w")))

    act("auth", lambda: zk.add_auth("digest", "user:pw"))
    act("get-data-with-auth", lambda: zk.get("/k/acl"))
    session, password = zk.client_id
    act("close-session", zk.stop)

    # kazoo asks for a new session by itself once it is told that the old one is gone: that is the second connect.
    again = KazooClient(hosts=address, timeout=40.0, client_id=(session, password), read_only=True)
    act("connect-expired", again.start)
    act("auth-failed", lambda: again.add_auth("nosuchscheme", "x"))
    say("label none")
    again.stop()
    zk.close()


main(sys.argv[1])
