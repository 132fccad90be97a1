/**
 * Ways to choose one of several instances of a service.
 */
import type { ServiceInstance } from "./service-instance.ts";

/** Chooses one of at least one, which are in the order of their ids. It may remember what it chose. */
export type ServiceStrategy = (instances: readonly ServiceInstance[]) => ServiceInstance;

/** One after another. */
export function roundRobinStrategy(): ServiceStrategy {
  let next = 0;
  return (instances) => at(instances, next++);
}

/** Any, whichever was chosen before. `random` gives at least 0 and less than 1. */
export function randomStrategy(random: () => number = Math.random): ServiceStrategy {
  return (instances) => at(instances, Math.floor(random() * instances.length));
}

/** The same as before as long as it is there; otherwise what another strategy chooses. */
export function stickyStrategy(strategy: ServiceStrategy): ServiceStrategy {
  let id: string | undefined;
  return (instances) => {
    const chosen = instances.find((instance) => instance.id === id) ?? strategy(instances);
    id = chosen.id;
    return chosen;
  };
}

function at(instances: readonly ServiceInstance[], index: number): ServiceInstance {
  const instance = instances[index % instances.length];
  if (instance === undefined) throw new RangeError("no instances to choose from");
  return instance;
}
