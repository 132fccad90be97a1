/** Those who take part in a recipe, whatever client they are of. */
import type { ZooKeeper } from "../../../src/client/index.ts";
import type { AcquireOptions, Held, WaitOptions } from "../../../src/recipes/index.ts";
import type { ContenderProgram } from "./contender-program.ts";

export interface Party {
  readonly name: string;
  /** Resolves when it is held. */
  take(): Promise<void>;
  /** Whether it is held; if not, it is not waited for. */
  tryTake(): Promise<boolean>;
  give(): Promise<void>;
  /** Adds that many to the number in a znode, one by one, reading and writing while it is held. */
  count(znode: string, rounds: number): Promise<void>;
}

let created = 0;

/** One of another client's. */
export function theirs(program: ContenderProgram, kind: string, path: string): Party {
  const name = `${kind}-${++created}`;
  return {
    name,
    take: async () => {
      program.tell(`take ${name} ${kind} ${path}`);
      await program.hear(`held ${name}`);
    },
    tryTake: async () => {
      const attempt = `try-${++created}`;
      program.tell(`try ${attempt} ${kind} ${path}`);
      const answer = await program.hear(`held ${attempt}`, `refused ${attempt}`);
      return answer.startsWith("held");
    },
    give: async () => {
      program.tell(`give ${name}`);
      await program.hear(`gave ${name}`);
    },
    count: async (znode, rounds) => {
      program.tell(`count ${name} ${kind} ${path} ${znode} ${rounds}`);
      await program.hear(`counted ${name}`);
    },
  };
}

interface OurRecipe {
  acquire(options?: AcquireOptions): Promise<Held>;
  tryAcquire(options?: WaitOptions): Promise<Held | undefined>;
  run<T>(use: (held: Held) => Promise<T>): Promise<T>;
}

/** One of ours. */
export function ours(zk: ZooKeeper, recipe: OurRecipe): Party {
  let held: Held | undefined;
  return {
    name: `ours-${++created}`,
    take: async () => {
      held = await recipe.acquire();
    },
    tryTake: async () => {
      const tried = await recipe.tryAcquire();
      await tried?.release();
      return tried !== undefined;
    },
    give: async () => {
      await held?.release();
    },
    count: async (znode, rounds) => {
      for (let round = 0; round < rounds; round++) {
        await recipe.run(async () => {
          const { data } = await zk.getData(znode);
          const count = Number(new TextDecoder().decode(data ?? undefined));
          await zk.setData(znode, `${count + 1}`);
        });
      }
    },
  };
}
