"""Contends with kazoo's recipes, as it is told line by line: `take NAME KIND PATH`, `try NAME KIND PATH`, `give NAME`,
`count NAME KIND PATH ZNODE ROUNDS`. It answers `held`, `refused`, `gave` and `counted` with the name."""
import sys
import threading

from kazoo.client import KazooClient
from kazoo.recipe.lock import Lock


class CuratorsLock(Lock):
    """Has Curator's names, so that Curator sees it."""

    _NODE_NAME = "-lock-"
    _EXCLUDE_NAMES = ["-lock-"]


def turn_of(zk, name, kind, path):
    if kind == "curators-lock":
        return CuratorsLock(zk, path, name)
    if kind == "lock":
        return zk.Lock(path, name, extra_lock_patterns=["-lock-"])
    if kind == "read":
        return zk.ReadLock(path, name, extra_lock_patterns=["__WRIT__"])
    if kind == "write":
        return zk.WriteLock(path, name, extra_lock_patterns=["__WRIT__", "__READ__"])
    raise ValueError(kind)


def say(what, name):
    sys.stdout.write(f"{what} {name}\n")
    sys.stdout.flush()


class Contender:
    def __init__(self, zk):
        self.zk = zk
        self.turns = {}

    def do(self, command, name, *rest):
        if command == "give":
            self.turns.pop(name).release()
            say("gave", name)
        elif command == "count":
            self.count(name, *rest)
        else:
            turn = self.turns[name] = turn_of(self.zk, name, *rest)
            say("held" if turn.acquire(blocking=command == "take") else "refused", name)

    def count(self, name, kind, path, znode, rounds):
        turn = turn_of(self.zk, name, kind, path)
        for _ in range(int(rounds)):
            with turn:
                data, _ = self.zk.get(znode)
                self.zk.set(znode, str(int(data) + 1).encode())
        say("counted", name)

    def attempt(self, *words):
        try:
            self.do(*words)
        except Exception as problem:
            say(f"failed {problem!r}", words[1])


def main():
    zk = KazooClient(hosts=sys.argv[1], timeout=30)
    zk.start()
    contender = Contender(zk)
    for line in sys.stdin:
        threading.Thread(target=contender.attempt, args=line.split(), daemon=True).start()
    zk.stop()


main()
