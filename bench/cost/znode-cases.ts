/**
 * Requests about znodes, each for the znode that the case before left behind: the cases run in their order.
 */
import { CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import { znodeData, znodeName } from "../znode.ts";
import { type Budget, budgets } from "./budgets.ts";
import { type CostCase, type CostScene, OPERATIONS, planOf, repeat } from "./cost-case.ts";

/** Names that the list of children has. */
const CHILDREN = 100;

/** Creates, reads, sets, watches and deletes the same znodes. */
export function znodeCases({ control, root }: CostScene): CostCase[] {
  const { setData, ping } = OpCode;
  const forAll = (
    name: string,
    budget: Budget,
    step: (path: string, number: number) => Promise<unknown>,
  ): CostCase => ({
    name,
    title: name,
    budget,
    plan: () => planOf(repeat(OPERATIONS, (n) => step(`${root}/${znodeName(n)}`, n))),
  });
  return [
    forAll("create", budgets.create, (path, n) => control.create(path, znodeData(n, 0))),
    forAll("setData", budgets.setData, (path, n) =>
      control.request({ type: setData, path, data: znodeData(n, 1), version: -1 }),
    ),
    forAll("getData", budgets.read, (path) => control.getData(path)),
    forAll("exists", budgets.read, (path) => control.exists(path)),
    forAll("delete", budgets.delete, (path) => control.delete(path)),
    forAll("create, ephemeral", budgets.createEphemeral, (path, n) =>
      control.create(path, znodeData(n, 0), CreateFlags.ephemeral),
    ),
    forAll("delete, ephemeral", budgets.deleteEphemeral, (path) => control.delete(path)),
    forAll("ping", budgets.ping, () => control.request({ type: ping })),
  ];
}

/** A list of children, which is in memory from the second time on. */
export function childrenCase({ control, root }: CostScene): CostCase {
  const parent = `${root}/parent`;
  const paths = Array.from({ length: CHILDREN }, (_, n) => `${parent}/${znodeName(n)}`);
  const nothing = new Uint8Array(0);
  const list = () => control.request({ type: OpCode.getChildren, path: parent, watch: false });
  return {
    name: "getChildren",
    title: `getChildren of ${CHILDREN}`,
    budget: budgets.read,
    plan: () =>
      planOf(repeat(OPERATIONS, list), {
        setUp: async () => {
          await control.create(parent, nothing);
          await Promise.all(paths.map((path) => control.create(path, nothing)));
        },
        tearDown: async () => {
          await Promise.all(paths.map((path) => control.delete(path)));
          await control.delete(parent);
        },
      }),
  };
}
