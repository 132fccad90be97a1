"""Acquires and releases kazoo's Lock, all the time, when told to: see lock-program.ts."""

import sys
import time

from kazoo.client import KazooClient


def cycle(client, path, seconds):
    lock = client.Lock(path)
    figures = []
    started = now = time.perf_counter()
    number = -1
    while now < started + seconds:
        if not lock.acquire():
            raise RuntimeError("it was not acquired")
        if int(lock.node[-10:]) <= number:
            raise RuntimeError("%s came after %d" % (lock.node, number))
        number = int(lock.node[-10:])
        lock.release()
        done = time.perf_counter()
        figures.append(round((done - now) * 1e6))
        now = done
    return [round((now - started) * 1e6)] + figures


def main():
    client = KazooClient(hosts=sys.argv[1])
    client.start()
    print("ready", flush=True)
    for line in sys.stdin:
        path, seconds = line.split()
        print(*cycle(client, path, float(seconds)), flush=True)
    client.stop()


main()
