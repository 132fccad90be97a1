"""Many operations in flight, and large data: pipelining in order, large replies, and the limit."""
import random

from kazoo.exceptions import KazooException, NoNodeError

from support.harness import check, equal, eventually, holds, in_thread, run_checks

PIPELINED = 1000
# Everything in flight is answered within this, or the check fails.
PIPELINE_SECONDS = 30
LARGE_BYTES = 900_000
# Above jute.maxbuffer, which is 1 048 575 unless configured otherwise.
TOO_LARGE_BYTES = 1_300_000


def random_bytes(length):
    return random.Random(length).randbytes(length)


def results(pending):
    return [result.get(timeout=PIPELINE_SECONDS) for result in pending]


@check
def a_thousand_creates_in_flight_are_all_answered(context):
    zk = context.connect()
    paths = [context.path("n%04d" % number) for number in range(PIPELINED)]
    equal(results([zk.create_async(path, path.encode()) for path in paths]), paths, "the answers")
    names = [path.rsplit("/", 1)[1] for path in paths]
    equal(sorted(zk.get_children(context.root)), names, "the children")
    data = [data for data, _ in results([zk.get_async(path) for path in paths])]
    equal(data, [path.encode() for path in paths], "the data")
    equal(results([zk.delete_async(path) for path in paths]), [True] * PIPELINED, "the deletes")
    equal(zk.get_children(context.root), [], "what is left")


@check
def a_thousand_sets_in_flight_are_applied_in_order(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path)
    pending = [zk.set_async(path, b"%d" % number) for number in range(PIPELINED)]
    stats = results(pending)
    equal([stat.version for stat in stats], list(range(1, PIPELINED + 1)), "the versions")
    zxids = [stat.mzxid for stat in stats]
    equal(zxids, sorted(set(zxids)), "mzxids, each larger than the one before")
    equal(zk.get(path)[0], b"%d" % (PIPELINED - 1), "the data at the end")


@check
def a_read_in_flight_sees_the_write_before_it(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path)
    reads = []
    for number in range(PIPELINED // 2):
        zk.set_async(path, b"%d" % number)
        reads.append(zk.get_async(path))
    data = [int(data) for data, _ in results(reads)]
    equal(data, list(range(PIPELINED // 2)), "what the reads saw")


@check
def answers_come_in_the_order_of_the_requests(context):
    zk, path = context.connect(), context.path("a")
    zk.create(path)
    order = []
    requests = [
        lambda: zk.get_async(path),
        lambda: zk.set_async(path, b"x"),
        lambda: zk.exists_async(context.path("missing")),
        lambda: zk.get_children_async("/"),
        lambda: zk.get_async(context.path("missing")),
    ]
    for number in range(PIPELINED):
        pending = requests[number % len(requests)]()
        pending.rawlink(lambda _, number=number: order.append(number))
    eventually(lambda: len(order) == PIPELINED, "all are answered", PIPELINE_SECONDS)
    equal(order, list(range(PIPELINED)), "the order of the answers")


@check
def an_error_in_flight_concerns_its_own_request_only(context):
    zk = context.connect()
    pending = []
    for number in range(PIPELINED // 2):
        pending.append(zk.create_async(context.path("n%d" % number)))
        pending.append(zk.delete_async(context.path("missing%d" % number)))
    outcomes = []
    for result in pending:
        result.wait(PIPELINE_SECONDS)
        outcomes.append(type(result.exception) if not result.successful() else result.value)
    created, deleted = outcomes[::2], outcomes[1::2]
    equal(created, [context.path("n%d" % n) for n in range(PIPELINED // 2)], "the creates")
    equal(deleted, [NoNodeError] * (PIPELINED // 2), "the deletes")


@check
def clients_that_pipeline_side_by_side_lose_nothing(context):
    clients, path = [context.connect() for _ in range(4)], context.path("a")
    clients[0].create(path)

    def set_many(zk):
        return [stat.version for stat in results([zk.set_async(path, b"x") for _ in range(250)])]

    running = [in_thread(set_many, zk) for zk in clients]
    versions = [finish(PIPELINE_SECONDS) for finish in running]
    for own in versions:
        equal(own, sorted(own), "one client's versions")
    equal(sorted(sum(versions, [])), list(range(1, 1001)), "the versions of all")


@check
def large_data_comes_back_as_it_was(context):
    zk, other, path = context.connect(), context.connect(), context.path("a")
    data = random_bytes(LARGE_BYTES)
    zk.create(path, data)
    read, stat = other.get(path)
    holds(read == data, "create: the data is what was sent")
    equal(stat.dataLength, LARGE_BYTES, "dataLength")
    data = data[::-1]
    zk.set(path, data)
    holds(other.get(path)[0] == data, "set: the data is what was sent")


@check
def large_data_in_flight_comes_back_as_it_was(context):
    zk = context.connect()
    contents = {context.path("n%d" % n): random_bytes(LARGE_BYTES - n) for n in range(8)}
    results([zk.create_async(path, data) for path, data in contents.items()])
    read = results([zk.get_async(path) for path in contents])
    for (path, data), (read_data, _) in zip(contents.items(), read):
        holds(read_data == data, "the data of %s is what was sent" % path)


@check
def a_listing_of_many_long_names_is_complete(context):
    zk = context.connect()
    names = ["%04d-%s" % (number, "x" * 200) for number in range(2000)]
    results([zk.create_async(context.path(name)) for name in names])
    equal(sorted(zk.get_children(context.root)) == names, True, "whether all 2000 are listed")
    equal(zk.exists(context.root).numChildren, 2000, "numChildren")


@check
def data_above_the_limit_is_refused_and_the_session_lives(context):
    zk, path = context.connect(), context.path("a")
    zk.create(context.path("e"), ephemeral=True)
    session_id = zk.client_id[0]
    # ZooKeeper drops the connection; a server may as well say what is wrong.
    try:
        zk.create(path, b"x" * TOO_LARGE_BYTES)
    except KazooException:
        refused = True
    else:
        refused = False
    holds(refused, "a create of %d bytes is refused" % TOO_LARGE_BYTES)
    equal(zk.retry(zk.exists, path), None, "exists")
    equal(zk.client_id[0], session_id, "the session id")
    equal(zk.exists(context.path("e")).ephemeralOwner, session_id, "the ephemeral's owner")


if __name__ == "__main__":
    run_checks()
