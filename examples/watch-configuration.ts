/**
 * One client follows a value that another one changes: a watch tells once that something changed, and reading again
 * sets the next one. Start `npm start` first, then: node_modules/.bin/node examples/watch-configuration.ts
 */
import zookeeper, { type Client } from "node-zookeeper-client";

const address = process.env["EDGEKEEPER_ADDRESS"] ?? "127.0.0.1:2181";
const path = "/example-configuration";
const values = ["blue", "green", "red"];

const publisher = await connect();
const reader = await connect();
await call((done) => publisher.create(path, Buffer.from("none"), done));
for (const value of values) {
  const changed = Promise.withResolvers<void>();
  const before = await call<Buffer>((done) => reader.getData(path, () => changed.resolve(), done));
  await call((done) => publisher.setData(path, Buffer.from(value), done));
  await changed.promise;
  const after = await call<Buffer>((done) => reader.getData(path, done));
  console.log(`${before.toString()} became ${after.toString()}`);
}
await call((done) => publisher.remove(path, done));
publisher.close();
reader.close();

async function connect(): Promise<Client> {
  const client = zookeeper.createClient(address);
  const connected = new Promise<void>((resolve) => client.once("connected", resolve));
  client.connect();
  await connected;
  return client;
}

/** Calls a function that reports to a callback. */
function call<T>(run: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, value) => (error ? reject(error) : resolve(value)));
  });
}

// Output:
// none became blue
// blue became green
// green became red
