/**
 * Two instances register, and a client spreads its calls over them. The format is that of Curator's x-discovery.
 */
import { connect } from "edgekeeper";
import { ServiceDiscovery } from "edgekeeper/recipes";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";

await using server = await connect(url);
await using client = await connect(url);

const registry = new ServiceDiscovery(server, "/example-services");
const one = await registry.register({ name: "search", id: "1", address: "10.0.0.1", port: 80 });
const two = await registry.register({ name: "search", id: "2", address: "10.0.0.2", port: 80 });

const discovery = new ServiceDiscovery(client, "/example-services");
await using search = await discovery.provider("search");
console.log([1, 2, 3].map(() => search.pick()?.address).join(" "));

const changed = new Promise<void>((resolve) => void search.on("change", resolve));
await one.unregister();
await changed;
console.log([1, 2, 3].map(() => search.pick()?.address).join(" "));
await two.unregister();

// Output:
// 10.0.0.1 10.0.0.2 10.0.0.1
// 10.0.0.2 10.0.0.2 10.0.0.2
