"""A member of parties: reads a command a line, and answers with a line."""
import sys

from kazoo.client import KazooClient

client = KazooClient(sys.argv[1])
client.start()
parties = {}
for line in sys.stdin:
    command, *words = line.split()
    if command == "join":
        path, identifier, kind = words
        parties[kind] = getattr(client, kind)(path, identifier)
        parties[kind].join()
        print("joined", flush=True)
    elif command == "members":
        print(sorted(parties[words[0]]), flush=True)
    elif command == "leave":
        parties[words[0]].leave()
        print("left", flush=True)
client.stop()
