/** Our recipes beside Curator's and kazoo's, on the same znodes at the same time. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect, type ZooKeeper } from "../../src/client/index.ts";
import { LeaderElection, Lock, ReadWriteLock, Semaphore } from "../../src/recipes/index.ts";
import { ContenderProgram } from "./recipes/contender-program.ts";
import { ours, type Party, theirs } from "./recipes/party.ts";

const ROUNDS = 20;

let zk: ZooKeeper;
let curator: ContenderProgram;
let kazoo: ContenderProgram;
let paths = 0;

beforeAll(async () => {
  const address = inject("interopAddress");
  zk = await connect(`zk://${address}`);
  curator = ContenderProgram.curator(address);
  kazoo = ContenderProgram.kazoo(address);
});

afterAll(async () => {
  await Promise.all([zk.close(), curator.close(), kazoo.close()]);
});

const newPath = (): string => `/recipes-${process.pid}-${++paths}`;

/** One that stays: kazoo makes sure of a path once, and then finds a container gone that was empty for a while. */
async function newPathForKazoo(): Promise<string> {
  const path = newPath();
  await zk.create(path);
  return path;
}

/** Whoever holds it, nobody else gets it. */
async function excludeEachOther(parties: readonly Party[]): Promise<void> {
  for (const holder of parties) {
    await holder.take();
    for (const other of parties) {
      if (other === holder) continue;
      expect(await other.tryTake(), `${other.name} beside ${holder.name}`).toBe(false);
    }
    await holder.give();
  }
}

/** All at once, over and over; whoever held it together with another would lose a count. */
async function loseNoCount(parties: readonly Party[]): Promise<void> {
  const znode = newPath();
  await zk.create(znode, "0");
  await Promise.all(parties.map((party) => party.count(znode, ROUNDS)));
  const { data } = await zk.getData(znode);
  expect(new TextDecoder().decode(data ?? undefined)).toBe(`${parties.length * ROUNDS}`);
}

describe("a lock", () => {
  it("is one with Curator's InterProcessMutex and a kazoo Lock that has Curator's names", async () => {
    const path = await newPathForKazoo();
    const parties = (): Party[] => [
      ours(zk, new Lock(zk, path)),
      theirs(curator, "lock", path),
      theirs(kazoo, "curators-lock", path),
    ];
    await excludeEachOther(parties());
    await loseNoCount([...parties(), ...parties()]);
    expect((await zk.getChildren(path)).children).toEqual([]);
  });

  it("is one with kazoo's Lock as it is, with kazoo's names", async () => {
    const path = await newPathForKazoo();
    const parties = (): Party[] => [
      ours(zk, new Lock(zk, path, { nodeName: "__lock__" })),
      theirs(kazoo, "lock", path),
    ];
    await excludeEachOther(parties());
    await loseNoCount([...parties(), ...parties()]);
  });

  it("respects any of them, whatever names it has itself", async () => {
    const path = await newPathForKazoo();
    const lock = new Lock(zk, path);
    const holders = [theirs(curator, "lock", path), theirs(kazoo, "lock", path)];
    for (const holder of holders) {
      await holder.take();
      expect(await lock.tryAcquire()).toBeUndefined();
      await holder.give();
    }
  });

  it("of kazoo's own names is not seen by Curator, which is why they differ above", async () => {
    const path = await newPathForKazoo();
    const holder = theirs(kazoo, "lock", path);
    await holder.take();
    expect(await theirs(curator, "lock", path).tryTake()).toBe(true);
    await holder.give();
  });

  it("asks Curator's holder to let go, and is asked by Curator's Revoker", async () => {
    const path = newPath();
    const holder = theirs(curator, "revocable", path);
    await holder.take();
    expect(await new Lock(zk, path).revoke()).toBe(true);
    await curator.hear(`asked ${holder.name}`);
    await holder.give();
    await new Promise<void>((resolve, reject) => {
      new Lock(zk, path, { onRevoke: () => resolve() })
        .acquire()
        .then((held) => curator.tell(`revoke ${held.path}`), reject);
    });
  });
});

describe("a read-write lock", () => {
  it("is one with Curator's InterProcessReadWriteLock", async () => {
    const path = newPath();
    const lock = new ReadWriteLock(zk, path);
    const [reader, writer] = [theirs(curator, "read", path), theirs(curator, "write", path)];
    await excludeEachOther([ours(zk, lock.write), writer]);
    await excludeEachOther([ours(zk, lock.write), reader]);
    await excludeEachOther([ours(zk, lock.read), writer]);
    await reader.take();
    expect(await ours(zk, lock.read).tryTake()).toBe(true);
    const reading = await lock.read.acquire();
    await reader.give();
    expect(await theirs(curator, "read", path).tryTake()).toBe(true);
    await reading.release();
  });

  it("counts with Curator's writers, and keeps them out while a writer becomes a reader", async () => {
    const path = newPath();
    const lock = new ReadWriteLock(zk, path);
    await loseNoCount([ours(zk, lock.write), theirs(curator, "write", path)]);
    const writing = await lock.write.acquire();
    const writer = theirs(curator, "write", path);
    const waiting = writer.take();
    await expect.poll(() => lock.write.contenders()).toHaveLength(2);
    const reading = await lock.downgrade(writing);
    expect(await theirs(curator, "write", path).tryTake()).toBe(false);
    expect(curator.hasSaid(`held ${writer.name}`)).toBe(false);
    await reading.release();
    await waiting;
    await writer.give();
  });

  it("is one with kazoo's ReadLock and WriteLock, with kazoo's names", async () => {
    const path = await newPathForKazoo();
    const lock = new ReadWriteLock(zk, path, { format: "kazoo" });
    const [reader, writer] = [theirs(kazoo, "read", path), theirs(kazoo, "write", path)];
    await excludeEachOther([ours(zk, lock.write), writer]);
    await excludeEachOther([ours(zk, lock.write), reader]);
    await excludeEachOther([ours(zk, lock.read), writer]);
    await loseNoCount([ours(zk, lock.write), writer]);
    const reading = await lock.read.acquire();
    expect(await reader.tryTake()).toBe(true);
    await reading.release();
  });
});

describe("a semaphore", () => {
  it("is one with Curator's InterProcessSemaphoreV2", async () => {
    const path = newPath();
    const semaphore = new Semaphore(zk, path, { leases: 2 });
    const [one, two] = [theirs(curator, "semaphore", path), theirs(curator, "semaphore", path)];
    await one.take();
    const lease = await semaphore.acquire();
    expect(await two.tryTake()).toBe(false);
    expect(await semaphore.tryAcquire()).toBeUndefined();
    await one.give();
    await two.take();
    expect(await semaphore.tryAcquire()).toBeUndefined();
    const waiting = semaphore.acquire();
    await two.give();
    await (await waiting).release();
    await lease.release();
  });
});

describe("an election", () => {
  it.each([
    ["latch", "latch-"],
    ["selector", "lock-"],
  ])("is one with Curator's leader %s", async (kind, nodeName) => {
    const path = newPath();
    const election = new LeaderElection(zk, path, { id: "ours", nodeName });
    const leadership = await election.campaign();
    const candidate = theirs(curator, kind, path);
    const waiting = candidate.take();
    await expect.poll(() => election.candidates()).toHaveLength(2);
    const again = election.campaign();
    expect((await election.leader())?.id).toBe("ours");
    expect(curator.hasSaid(`held ${candidate.name}`)).toBe(false);
    await leadership.release();
    await waiting;
    expect((await election.leader())?.id).toBe(candidate.name);
    await candidate.give();
    const next = await again;
    expect((await election.leader())?.token).toBe(next.token);
    await next.release();
  });
});
