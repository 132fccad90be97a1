"""Kazoo's barriers, counters and queues, for whoever writes to the standard input; see peer.ts."""
import sys
import threading

from kazoo.client import KazooClient

# Longer than a test waits.
WAIT_SECONDS = 60

client = KazooClient(hosts=sys.argv[1])
client.start()
printing = threading.Lock()
kept = {}


def keep(kind, path, make):
    """The object for a path, the same one each time."""
    return kept.setdefault((kind, path), make())


def double_barrier(path, size):
    return keep("double", path, lambda: client.DoubleBarrier(path, int(size)))


def queue(path):
    return keep("queue", path, lambda: client.LockingQueue(path))


def counter(path, kind):
    return client.Counter(path, support_curator=kind == "int32")


def add(path, kind, delta):
    count = counter(path, kind)
    count += int(delta)
    return count.post_value


def take(path):
    value = queue(path).get(timeout=WAIT_SECONDS)
    return None if value is None else value.decode()


COMMANDS = {
    "barrier-create": lambda path: client.Barrier(path).create(),
    "barrier-remove": lambda path: client.Barrier(path).remove(),
    "barrier-wait": lambda path: client.Barrier(path).wait(WAIT_SECONDS),
    "double-enter": lambda path, size: double_barrier(path, size).enter(),
    "double-leave": lambda path, size: double_barrier(path, size).leave(),
    "counter-add": add,
    "counter-get": lambda path, kind: counter(path, kind).value,
    "queue-put": lambda path, item, priority: queue(path).put(item.encode(), int(priority)),
    "queue-take": take,
    "queue-consume": lambda path: queue(path).consume(),
}


def answer(line):
    number, command, *arguments = line.split()
    try:
        text = "ok %s" % COMMANDS[command](*arguments)
    except Exception as error:
        text = "error %r" % error
    with printing:
        print(number, text, flush=True)


for line in sys.stdin:
    threading.Thread(target=answer, args=(line,), daemon=True).start()
