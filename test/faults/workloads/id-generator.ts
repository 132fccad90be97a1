/**
 * IdGenerator: no id twice, and those of one generator grow.
 */
import type { IdGenerator } from "../../../src/recipes/index.ts";
import { unfailing } from "../explained.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const PATH = "/ids/one";
const BLOCK_SIZE = 3;
const AT_ONCE_MAX = 4;
const REPLACED_ONE_IN = 10;

export const idGeneratorWorkload: StartWorkload = (world, _zk, recipes) => {
  const given = new Map<number, string>();
  const generators = new Map<FaultClient, IdGenerator>();

  function generatorOf(client: FaultClient): IdGenerator {
    let generator = generators.get(client);
    if (generator === undefined || client.random.below(REPLACED_ONE_IN) === 0) {
      generator = new recipes.IdGenerator(client.zk, PATH, { blockSize: BLOCK_SIZE });
      generators.set(client, generator);
    }
    return generator;
  }

  return {
    async act(client) {
      const { name, random } = client;
      const generator = generatorOf(client);
      const asked = Array.from({ length: 1 + random.below(AT_ONCE_MAX) }, () =>
        unfailing({ world, name }, generator.next()),
      );
      const ids = await Promise.all(asked);
      for (const [index, id] of ids.entries()) {
        const other = given.get(id);
        if (other !== undefined) world.report(`${name} got id ${id}, which ${other} has`);
        given.set(id, name);
        const before = ids[index - 1];
        if (before !== undefined && id <= before) world.report(`${name} got ${id} after ${before}`);
      }
    },
  };
};
