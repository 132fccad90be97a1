"""Credentials and ACLs: digest, auth, ip and world, what each permission opens, and refusals."""
from kazoo.client import KazooState
from kazoo.exceptions import AuthFailedError, BadVersionError, InvalidACLError, NoAuthError
from kazoo.security import (
    CREATOR_ALL_ACL,
    OPEN_ACL_UNSAFE,
    READ_ACL_UNSAFE,
    make_acl,
    make_digest_acl,
    make_digest_acl_credential,
)

from support.harness import check, drop_connection, equal, eventually, holds, raises, run_checks

ALICE = ("digest", "alice:secret")
ALICE_ALL = make_digest_acl("alice", "secret", all=True)
ANYONE_READS = make_acl("world", "anyone", read=True)


@check
def the_default_acl_is_open(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path)
    acls, stat = zk.get_acls(path)
    equal(acls, OPEN_ACL_UNSAFE, "the ACL")
    equal(stat, zk.exists(path), "the Stat")


@check
def a_digest_acl_opens_to_the_password_only(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path, b"treasure", acl=[ALICE_ALL])

    def is_refused(client):
        raises(NoAuthError, client.get, path)
        raises(NoAuthError, client.set, path, b"x")
        raises(NoAuthError, client.get_children, path)
        raises(NoAuthError, client.create, path + "/child")
        raises(NoAuthError, client.get_acls, path)
        raises(NoAuthError, client.set_acls, path, OPEN_ACL_UNSAFE)

    is_refused(zk)
    zk.add_auth("digest", "alice:guess")
    is_refused(zk)
    zk.add_auth(*ALICE)
    equal(zk.get(path)[0], b"treasure", "the data")
    zk.set(path, b"more")
    zk.create(path + "/child")
    equal(zk.get_children(path), ["child"], "the children")
    equal(zk.get_acls(path)[0], [ALICE_ALL], "the ACL")
    zk.delete(path + "/child")


@check
def each_permission_opens_its_own_operation(context):
    owner, guest = context.connect(auth_data=[ALICE]), context.connect()
    operations = {
        "read": lambda path: guest.get(path),
        "write": lambda path: guest.set(path, b"x"),
        "create": lambda path: guest.create(path + "/new"),
        "delete": lambda path: guest.delete(path + "/child"),
        "admin": lambda path: guest.set_acls(path, OPEN_ACL_UNSAFE),
    }
    for permission in operations:
        path = context.path(permission)
        owner.create(path)
        owner.create(path + "/child")
        owner.set_acls(path, [make_acl("world", "anyone", **{permission: True}), ALICE_ALL])
        for name, operation in sorted(operations.items(), key=lambda item: item[0] == permission):
            if name == permission:
                operation(path)
            else:
                raises(NoAuthError, operation, path)


@check
def delete_is_the_parents_to_allow(context):
    owner, guest = context.connect(auth_data=[ALICE]), context.connect()
    owner.create(context.path("open"))
    owner.create(context.path("open/closed"), acl=[ALICE_ALL])
    guest.delete(context.path("open/closed"))
    owner.create(context.path("closed"), acl=[ALICE_ALL, ANYONE_READS])
    owner.create(context.path("closed/open"))
    raises(NoAuthError, guest.delete, context.path("closed/open"))
    owner.delete(context.path("closed/open"))


@check
def auth_stands_for_the_sessions_credentials(context):
    zk, path = context.connect(auth_data=[ALICE]), context.path("a")
    zk.add_auth("digest", "bob:other")
    zk.create(path, acl=CREATOR_ALL_ACL)
    bob_all = make_digest_acl("bob", "other", all=True)
    acls = zk.get_acls(path)[0]
    equal(sorted(acls, key=str), sorted([ALICE_ALL, bob_all], key=str), "the ACL")
    raises(InvalidACLError, context.connect().create, context.path("b"), acl=CREATOR_ALL_ACL)


@check
def an_acl_that_makes_no_sense_is_refused(context):
    zk = context.connect()
    for scheme, identity in (
        ("nosuchscheme", "x"),
        ("world", "someone"),
        ("digest", "no-colon"),
        ("ip", "not-an-address"),
    ):
        acl = [make_acl(scheme, identity, all=True)]
        raises(InvalidACLError, zk.create, context.path("a"), acl=acl)
        raises(InvalidACLError, zk.set_acls, context.root, acl)
    equal(zk.get_children(context.root), [], "what was created")


@check
def an_ip_acl_matches_address_and_network(context):
    zk = context.connect()
    zk.create(context.path("address"), b"x", acl=[make_acl("ip", "127.0.0.1", read=True)])
    zk.create(context.path("network"), b"x", acl=[make_acl("ip", "127.0.0.0/8", read=True)])
    zk.create(context.path("elsewhere"), b"x", acl=[make_acl("ip", "192.0.2.1", read=True)])
    equal(zk.get(context.path("address"))[0], b"x", "the data open to the address")
    equal(zk.get(context.path("network"))[0], b"x", "the data open to the network")
    raises(NoAuthError, zk.set, context.path("address"), b"y")
    raises(NoAuthError, zk.get, context.path("elsewhere"))
    zk.delete(context.path("elsewhere"))


@check
def set_acls_counts_versions(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path, b"x")
    before = zk.exists(path)
    raises(BadVersionError, zk.set_acls, path, READ_ACL_UNSAFE, version=1)
    stat = zk.set_acls(path, [make_acl("world", "anyone", read=True, admin=True)], version=0)
    equal(stat.aversion, 1, "aversion")
    equal(stat, zk.exists(path), "the Stat that set_acls returns")
    equal((stat.version, stat.mzxid, stat.pzxid), (0, before.mzxid, before.pzxid), "the rest")
    raises(BadVersionError, zk.set_acls, path, OPEN_ACL_UNSAFE, version=0)
    equal(zk.set_acls(path, OPEN_ACL_UNSAFE).aversion, 2, "aversion without a given version")


@check
def a_digest_is_masked_for_those_who_may_not_administer(context):
    owner, guest, path = context.connect(auth_data=[ALICE]), context.connect(), context.path("a")
    owner.create(path, acl=[ALICE_ALL, ANYONE_READS])
    equal(owner.get_acls(path)[0], [ALICE_ALL, ANYONE_READS], "the ACL for its owner")
    masked = make_acl("digest", "alice:x", all=True)
    equal(guest.get_acls(path)[0], [masked, ANYONE_READS], "the ACL for a reader")


@check
def the_clients_default_acl_is_used(context):
    zk, guest = context.connect(auth_data=[ALICE], default_acl=[ALICE_ALL]), context.connect()
    zk.ensure_path(context.path("a/b"))
    for path in (context.path("a"), context.path("a/b")):
        equal(zk.get_acls(path)[0], [ALICE_ALL], "the ACL of " + path)
        raises(NoAuthError, guest.get, path)


@check
def credentials_survive_a_lost_connection(context):
    zk, path = context.connect(), context.path("a")
    zk.add_auth(*ALICE)
    zk.create(path, b"treasure", acl=[ALICE_ALL])
    session_id = zk.client_id[0]
    drop_connection(zk)
    equal(zk.retry(zk.get, path)[0], b"treasure", "the data")
    equal(zk.client_id[0], session_id, "the session id")


@check
def credentials_are_the_connections_not_the_servers(context):
    alice, path = context.connect(auth_data=[ALICE]), context.path("a")
    alice.create(path, acl=CREATOR_ALL_ACL)
    alice.get(path)
    raises(NoAuthError, context.connect().get, path)


@check
def a_digest_made_elsewhere_is_the_same(context):
    zk, path = context.connect(), context.path("a")
    # From ZooKeeper's own documentation and tests: super:test.
    known = "super:D/InIHSb7yEEbrWz8b9l71RjZJU="
    equal(make_digest_acl_credential("super", "test"), known, "kazoo's digest")
    zk.create(path, b"x", acl=[make_acl("digest", known, all=True)])
    zk.add_auth("digest", "super:test")
    equal(zk.get(path)[0], b"x", "the data")
    zk.delete(path)


@check
def an_unknown_scheme_costs_the_session(context):
    zk, states = context.connect(), []
    zk.add_listener(states.append)
    raises(AuthFailedError, zk.add_auth, "nosuchscheme", "x")
    # The server closes the connection; kazoo opens another session, is refused once more as it
    # sends the same credentials, and gives up.
    expected = [KazooState.LOST, KazooState.CONNECTED, KazooState.LOST]
    eventually(lambda: len(states) >= len(expected), "the client has given up")
    equal(states, expected, "the states")
    holds(context.connect().exists("/"), "another session works")


if __name__ == "__main__":
    run_checks(credentials=[ALICE])
