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
const { OPEN_ACL_UNSAFE } = zookeeper.ACL;
const { PERSISTENT } = zookeeper.CreateMode;
const none = Buffer.from("none");
await call<string>((done) => publisher.create(path, none, OPEN_ACL_UNSAFE, PERSISTENT, done));
for (const value of values) {
  const changed = Promise.withResolvers<void>();
  const before = await read(() => changed.resolve());
  await call((done) => publisher.setData(path, Buffer.from(value), -1, done));
  await changed.promise;
  console.log(`${before} became ${await read()}`);
}
await call((done) => publisher.remove(path, -1, done));
publisher.close();
reader.close();

async function read(watcher?: () => void): Promise<string> {
  return String(await call<Buffer | undefined>((done) => reader.getData(path, watcher, done)));
}

async function connect(): Promise<Client> {
  const client = zookeeper.createClient(address);
  const connected = new Promise<void>((resolve) => client.once("connected", resolve));
  client.connect();
  await connected;
  return client;
}

/** Calls a function that reports to a callback, and takes its first result. */
function call<T = unknown>(
  run: (done: (error: Error | null | undefined, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

// Output:
// none became blue
// blue became green
// green became red
