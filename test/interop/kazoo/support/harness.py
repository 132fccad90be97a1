"""Runs the checks of one script against one ZooKeeper, and prints one line for each.

A script marks functions with @check and ends with run_checks(). `SCRIPT HOST:PORT [NAME...]` prints
"ok NAME" or "not ok NAME: WHY" for every check (or those named), and exits 0 only if all are ok.
`SCRIPT --list` prints the names alone, so that the caller knows what to expect.
"""
import logging
import os
import sys
import threading
import time
import traceback
import uuid

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException

# A check that has said nothing by then has failed; its thread is left behind.
CHECK_SECONDS_MAX = 60
# How long something that should happen at once may take on a busy machine.
SOON_SECONDS = 10
# Also what a client waits for a connection.
CONNECT_SECONDS = 15

_checks = {}


class CheckFailed(Exception):
    """What was observed is not what ZooKeeper does."""


class Context:
    """What one check works with: clients that are stopped after it, and a znode of its own."""

    def __init__(self, address, root):
        self.address = address
        self.root = root
        self._clients = []

    def path(self, name):
        return self.root + "/" + name

    def new_client(self, chroot="", **options):
        """A client that has not been started yet."""
        options.setdefault("timeout", 10.0)
        client = KazooClient(hosts=self.address + chroot, **options)
        self._clients.append(client)
        return client

    def connect(self, chroot="", **options):
        client = self.new_client(chroot, **options)
        client.start(timeout=CONNECT_SECONDS)
        return client

    def close(self):
        for client in self._clients:
            stop(client)


def check(function):
    """Marks a function of one Context as a check, named after the function."""
    _checks[function.__name__.replace("_", " ")] = function
    return function


def equal(actual, expected, what):
    if actual != expected:
        raise CheckFailed("%s is %s, not %s" % (what, _brief(actual), _brief(expected)))


def holds(condition, what):
    if not condition:
        raise CheckFailed("not so: " + what)


def raises(exception, function, *args, **kwargs):
    """Calls the function, which must raise exactly this class, not one derived from it."""
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        if type(error) is not exception:
            raise CheckFailed("%r was raised, not %s" % (error, exception.__name__)) from error
        return error
    raise CheckFailed("%s was not raised; the result is %s" % (exception.__name__, _brief(result)))


def eventually(condition, what, seconds=SOON_SECONDS):
    """Waits until the condition is true, and returns what made it so."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise CheckFailed("still not so after %g s: %s" % (seconds, what))
        time.sleep(0.01)


def happens(event, what, seconds=SOON_SECONDS):
    """Waits for a threading.Event."""
    if not event.wait(seconds):
        raise CheckFailed("did not happen within %g s: %s" % (seconds, what))


def in_thread(function, *args):
    """Starts the function; the returned call waits for its result, or raises what it raised."""
    outcome = []

    def target():
        try:
            outcome.append((function(*args), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=target, daemon=True)
    thread.start()

    def result(seconds=SOON_SECONDS):
        thread.join(seconds)
        if not outcome:
            raise CheckFailed("%s did not end within %g s" % (function.__name__, seconds))
        value, error = outcome[0]
        if error is not None:
            raise error
        return value

    return result


def drop_connection(client):
    """Breaks the client's TCP connection under it, as a network does."""
    client._connection._socket.shutdown(2)


def stop(client):
    client.stop()
    client.close()


def run_checks(at_once=False, credentials=()):
    """Ends a script. With at_once its checks, which mostly wait, run beside each other; with the
    credentials the znodes that the checks leave behind can be deleted."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    if sys.argv[1:] == ["--list"]:
        print("\n".join(_checks))
        return
    if len(sys.argv) < 2:
        sys.exit("usage: %s HOST:PORT [CHECK...] | --list" % sys.argv[0])
    address, names = sys.argv[1], sys.argv[2:] or list(_checks)

    root = "/interop-" + str(uuid.uuid4())
    caretaker = KazooClient(hosts=address, auth_data=list(credentials))
    caretaker.start(timeout=CONNECT_SECONDS)
    caretaker.create(root)

    results = []
    if at_once:
        for finish in [_start(name, address, root, caretaker) for name in names]:
            results.append(finish())
    else:
        for name in names:
            results.append(_start(name, address, root, caretaker)())

    try:
        caretaker.delete(root, recursive=True)
    except KazooException as error:
        # Said, but no check's fault: one that hangs may still be creating znodes.
        print("could not remove %s: %r" % (root, error), file=sys.stderr)
    stop(caretaker)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit(): threads of a check that hangs must not keep the process.
    os._exit(0 if all(results) else 1)


def _start(name, address, root, caretaker):
    context = Context(address, root + "/" + name.replace(" ", "-"))
    caretaker.create(context.root)
    failures = []

    def target():
        try:
            _checks[name](context)
        except Exception as error:
            failures.append(_explain(error))
        try:
            context.close()
        except Exception as error:
            failures.append("while its clients stopped: " + _explain(error))

    thread = threading.Thread(target=target, daemon=True)
    started_at = time.monotonic()
    thread.start()

    def finish():
        thread.join(started_at + CHECK_SECONDS_MAX - time.monotonic())
        if thread.is_alive():
            failures.append("no result within %g s" % CHECK_SECONDS_MAX)
        if failures:
            why = "; ".join(failures).replace("\n", " | ")
            print("not ok %s: %s" % (name, why), flush=True)
        else:
            print("ok %s" % name, flush=True)
        return not failures

    return finish


def _explain(error):
    script = os.path.abspath(sys.argv[0])
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if os.path.abspath(frame.filename) == script]
    place = " (%s:%d)" % (os.path.basename(script), lines[-1]) if lines else ""
    text = str(error) if type(error) is CheckFailed else repr(error)
    return text + place


def _brief(value):
    text = repr(value)
    return text if len(text) <= 300 else "%s... (%d characters)" % (text[:300], len(text))
