"""A separate process that holds something in ZooKeeper until it is killed.

`holder.py HOST:PORT SESSION_SECONDS ephemerals PATH...` creates ephemeral znodes;
`holder.py HOST:PORT SESSION_SECONDS lock|lead PATH` takes a kazoo Lock, or wins an Election.
Once it holds them it prints one line of JSON about its session. When its input ends, it goes away
without closing the session, as if killed: it cannot outlive whoever started it.

Scripts use it through the class Holder.
"""
import json
import os
import signal
import subprocess
import sys
import time

from kazoo.client import KazooClient

IDENTIFIER = "doomed"
_EXIT_SECONDS = 10


class Holder:
    """Starts a holder and waits until it holds what it should."""

    def __init__(self, address, session_seconds, what, *paths):
        self._process = subprocess.Popen(
            [sys.executable, __file__, address, str(session_seconds), what, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the holder of %s ended before it was ready" % what)
        session = json.loads(line)
        self.client_id = (session["id"], bytes.fromhex(session["password"]))
        self.session_seconds = session["timeout_ms"] / 1000

    def kill(self):
        """Sends SIGKILL, and returns the monotonic time just before."""
        killed_at = time.monotonic()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(_EXIT_SECONDS)
        self._process.stdin.close()
        self._process.stdout.close()
        return killed_at


def main():
    address, session_seconds, what, *paths = sys.argv[1:]
    client = KazooClient(hosts=address, timeout=float(session_seconds))
    client.start()

    def hold():
        session_id, password = client.client_id
        print(
            json.dumps(
                {
                    "id": session_id,
                    "password": password.hex(),
                    "timeout_ms": client._session_timeout,
                }
            ),
            flush=True,
        )
        sys.stdin.read()
        os._exit(0)

    if what == "ephemerals":
        for path in paths:
            client.create(path, ephemeral=True)
        hold()
    elif what == "lock":
        with client.Lock(paths[0], IDENTIFIER):
            hold()
    elif what == "lead":
        client.Election(paths[0], IDENTIFIER).run(hold)
    else:
        sys.exit("unknown kind: " + what)


if __name__ == "__main__":
    main()
