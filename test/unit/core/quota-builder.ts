/** Sets and reads quotas as zkCli does: through the znodes that hold them. */
import type { TestConnection, TestServer } from "./harness.ts";
import { create } from "./request-builders.ts";

export const QUOTA = "/zookeeper/quota";

/** Puts a quota on a path, with its statistics; makes the znodes above them where they are missing. */
export function setQuota(
  client: TestConnection,
  path: string,
  limits: string,
  stats = "count=0,bytes=0",
): void {
  const names = path.split("/").slice(1);
  names.forEach((_, i) => client.request(create(`${QUOTA}/${names.slice(0, i + 1).join("/")}`)));
  client.request(create(`${QUOTA}${path}/zookeeper_limits`, { data: limits }));
  client.request(create(`${QUOTA}${path}/zookeeper_stats`, { data: stats }));
}

/** The text of a path's statistics; undefined when it has none. */
export function statsOf(server: TestServer, path: string): string | undefined {
  const data = server.znode(`${QUOTA}${path}/zookeeper_stats`)?.data;
  return data ? new TextDecoder().decode(data) : undefined;
}
