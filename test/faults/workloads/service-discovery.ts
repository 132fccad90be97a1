/**
 * ServiceDiscovery: whoever registered is found, with what it says of itself, and whoever unregistered is not; when all is
 * quiet every provider has exactly those that are registered, and chooses one of them.
 */
import type { ServiceProvider } from "../../../src/recipes/index.ts";
import { until } from "../explained.ts";
import { expectShown } from "../view-check.ts";
import type { Recipes, StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const PATH = "/services";
const SERVICE = "search";
const STAY_MS = 1_500;

export const serviceDiscoveryWorkload: StartWorkload = (world, zk, recipes) => {
  const providers = new Map<FaultClient, ServiceProvider<string>>();
  let count = 0;

  const discoveryOf = (client: Pick<FaultClient, "zk">) =>
    new recipes.ServiceDiscovery<string>(client.zk, PATH);

  async function providerOf(client: FaultClient): Promise<ServiceProvider<string>> {
    const known = providers.get(client);
    if (known !== undefined) return known;
    const strategy = strategyOf(recipes, client);
    const provider = await discoveryOf(client).provider(SERVICE, { strategy });
    provider.on("error", (error) => world.report(`${client.name}'s provider: ${String(error)}`));
    providers.set(client, provider);
    return provider;
  }

  return {
    async act(client) {
      const { name, zk: own, random } = client;
      const provider = await providerOf(client);
      const payloadShown = (): string | null | undefined =>
        provider.all.find(({ id }) => id === name)?.payload;
      const first = `${count++}`;
      const me = await discoveryOf(client).register({ name: SERVICE, id: name, payload: first });
      try {
        await until(world, () => payloadShown() === first);
        await world.sleep(random.next() * STAY_MS);
        const second = `${count++}`;
        me.update({ payload: second });
        await until(world, () => payloadShown() === second);
        await expectShown(
          world,
          client,
          async () => (await own.getChildren(`${PATH}/${SERVICE}`)).children.sort().join(" "),
          () => idsOf(provider),
        );
        const { available } = provider;
        const picked = provider.pick();
        if (!available.some(({ id }) => id === picked?.id)) {
          world.report(`${name} picked ${picked?.id} of ${available.length}`);
        }
      } finally {
        await me.unregister();
      }
      await until(world, () => payloadShown() === undefined);
      const isFound = (await discoveryOf(client).instances(SERVICE)).some(({ id }) => id === name);
      const owner = await own.exists(`${PATH}/${SERVICE}/${name}`);
      // What a session has left that was lost goes when the server ends it, too.
      const isOurs = owner !== undefined && owner.ephemeralOwner === own.session?.id;
      if (isOurs || (isFound && !owner)) {
        world.report(`${name} is found although it has unregistered`);
      }
    },
    async check() {
      const names = world.clients.map(({ name }) => name).sort();
      const register = (id: string) =>
        discoveryOf({ zk }).register({ name: SERVICE, id, payload: id });
      await untilAllShow("");
      const registered = await Promise.all(names.map(register));
      await untilAllShow(names.join(" "));
      await Promise.all(registered.slice(0, 3).map((each) => each.unregister()));
      await untilAllShow(names.slice(3).join(" "));
      const found = await discoveryOf({ zk }).instances(SERVICE);
      if (found.map(({ id }) => id).join(" ") !== names.slice(3).join(" ")) {
        world.report(`found: ${found.map(({ id }) => id).join(" ")}`);
      }
      await Promise.all(registered.map((each) => each.unregister()));
      await untilAllShow("");
      for (const provider of providers.values()) await provider.close();
    },
  };

  async function untilAllShow(ids: string): Promise<void> {
    world.log(`registered are: ${ids}`);
    await until(world, () => [...providers.values()].every((each) => idsOf(each) === ids));
  }
};

function strategyOf(
  { randomStrategy, roundRobinStrategy, stickyStrategy }: Recipes,
  client: FaultClient,
) {
  const { random } = client;
  switch (random.below(3)) {
    case 0:
      return randomStrategy(random.next);
    case 1:
      return stickyStrategy(roundRobinStrategy());
    default:
      return roundRobinStrategy();
  }
}

function idsOf(provider: ServiceProvider): string {
  return provider.all.map(({ id }) => id).join(" ");
}
