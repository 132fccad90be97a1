"""Transactions: all or nothing, one zxid, and what each operation of a failed one answers."""
from kazoo.exceptions import (
    BadVersionError,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
)
from kazoo.protocol.states import ZnodeStat
from kazoo.security import make_acl

from support.harness import check, equal, eventually, holds, raises, run_checks


def kinds(results):
    return [type(result) for result in results]


@check
def a_commit_answers_for_every_operation(context):
    zk = context.connect()
    zk.create(context.path("kept"), b"one")
    zk.create(context.path("removed"))
    transaction = zk.transaction()
    transaction.check(context.path("kept"), version=0)
    transaction.create(context.path("made"), b"x")
    transaction.create(context.path("made/n-"), b"", ephemeral=True, sequence=True)
    transaction.set_data(context.path("kept"), b"two", version=0)
    transaction.delete(context.path("removed"), version=0)
    checked, made, numbered, stat, deleted = transaction.commit()
    equal((checked, deleted), (True, True), "check and delete")
    equal(made, context.path("made"), "create")
    equal(numbered, context.path("made/n-0000000000"), "the sequential create")
    equal(type(stat), ZnodeStat, "the type that set_data answers")
    equal(stat, zk.exists(context.path("kept")), "what set_data answers")
    equal(zk.get(context.path("kept"))[0], b"two", "the data")
    equal(zk.exists(context.path("removed")), None, "the deleted znode")
    equal(zk.exists(numbered).ephemeralOwner, zk.client_id[0], "the owner of the ephemeral")


@check
def all_operations_share_one_zxid(context):
    zk = context.connect()
    zk.create(context.path("old"))
    transaction = zk.transaction()
    transaction.create(context.path("a"))
    transaction.create(context.path("b"))
    transaction.set_data(context.path("old"), b"x")
    transaction.commit()
    zxid = zk.exists(context.path("a")).czxid
    equal(zk.exists(context.path("b")).czxid, zxid, "czxid of the second")
    equal(zk.exists(context.path("old")).mzxid, zxid, "mzxid of the third")
    equal(zk.exists(context.root).pzxid, zxid, "pzxid of the parent")


@check
def operations_see_those_before_them(context):
    zk = context.connect()
    transaction = zk.transaction()
    transaction.create(context.path("a"), b"1")
    transaction.create(context.path("a/b"), b"2")
    transaction.set_data(context.path("a"), b"3", version=0)
    transaction.check(context.path("a"), version=1)
    transaction.delete(context.path("a/b"), version=0)
    equal(transaction.commit()[3:], [True, True], "check and delete")
    data, stat = zk.get(context.path("a"))
    equal((data, stat.version, stat.numChildren), (b"3", 1, 0), "the znode")


@check
def a_failure_names_the_operation_and_undoes_the_rest(context):
    zk = context.connect()
    zk.create(context.path("old"), b"one")
    before = zk.exists(context.root)
    transaction = zk.transaction()
    transaction.create(context.path("n-"), sequence=True)
    transaction.set_data(context.path("old"), b"two")
    transaction.delete(context.path("missing"))
    transaction.create(context.path("later"))
    results = transaction.commit()
    equal(
        kinds(results),
        [RolledBackError, RolledBackError, NoNodeError, RuntimeInconsistency],
        "the results",
    )
    equal(zk.get(context.path("old"))[0], b"one", "the data")
    equal(zk.exists(context.path("old")).version, 0, "the version")
    equal(zk.exists(context.root), before, "the Stat of the parent")
    numbered = zk.create(context.path("n-"), sequence=True)
    equal(numbered, context.path("n-%010d" % 1), "the next number, as if nothing had been")


@check
def every_error_comes_out_at_its_place(context):
    zk = context.connect()
    path = context.path("a")
    zk.create(path + "/child", makepath=True)
    zk.create(context.path("closed"), acl=[make_acl("world", "anyone", read=True)])
    failing = [
        (lambda t: t.create(path), NodeExistsError),
        (lambda t: t.create(context.path("no/parent")), NoNodeError),
        (lambda t: t.delete(path), NotEmptyError),
        (lambda t: t.delete(path + "/child", version=3), BadVersionError),
        (lambda t: t.set_data(path, b"x", version=3), BadVersionError),
        (lambda t: t.set_data(context.path("closed"), b"x"), NoAuthError),
        (lambda t: t.check(path, version=3), BadVersionError),
        (lambda t: t.check(context.path("missing"), version=0), NoNodeError),
    ]
    for fail, error in failing:
        transaction = zk.transaction()
        transaction.create(context.path("never"))
        fail(transaction)
        transaction.check(path, version=0)
        expected = [RolledBackError, error, RuntimeInconsistency]
        equal(kinds(transaction.commit()), expected, "the results")
        equal(zk.exists(context.path("never")), None, "the undone create")


@check
def a_failure_at_the_first_operation_leaves_only_inconsistencies(context):
    zk = context.connect()
    transaction = zk.transaction()
    transaction.check(context.path("missing"), version=0)
    transaction.create(context.path("a"))
    transaction.create(context.path("b"))
    expected = [NoNodeError, RuntimeInconsistency, RuntimeInconsistency]
    equal(kinds(transaction.commit()), expected, "the results")


@check
def an_empty_transaction_succeeds(context):
    equal(context.connect().transaction().commit(), [], "the results")


@check
def the_with_statement_commits(context):
    zk = context.connect()
    with zk.transaction() as transaction:
        transaction.create(context.path("a"), b"x")
    equal(zk.get(context.path("a"))[0], b"x", "the data")
    raises(ValueError, transaction.commit)


@check
def watches_fire_for_a_commit_and_not_for_a_failure(context):
    zk, writer = context.connect(), context.connect()
    path = context.path("a")
    zk.create(path)
    events = []
    zk.get(path, watch=lambda event: events.append(event.type))
    zk.get_children(context.root, watch=lambda event: events.append(event.type))

    failing = writer.transaction()
    failing.set_data(path, b"x")
    failing.create(context.path("b"))
    failing.check(path, version=9)
    equal(kinds(failing.commit())[2], BadVersionError, "the failing operation")

    succeeding = writer.transaction()
    succeeding.set_data(path, b"y")
    succeeding.create(context.path("b"))
    succeeding.commit()
    eventually(lambda: len(events) >= 2, "both watches fire")
    equal(sorted(events), ["CHANGED", "CHILD"], "the events")


@check
def five_hundred_operations_fit_in_one(context):
    zk = context.connect()
    transaction = zk.transaction()
    paths = [context.path("n%03d" % number) for number in range(500)]
    for path in paths:
        transaction.create(path, path.encode())
    equal(transaction.commit(), paths, "the results")
    equal(zk.exists(context.root).numChildren, 500, "numChildren")
    holds(len({zk.exists(path).czxid for path in (paths[0], paths[499])}) == 1, "one zxid for all")


if __name__ == "__main__":
    run_checks()
