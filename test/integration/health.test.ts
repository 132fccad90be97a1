import { env, SELF } from "cloudflare:test";
import { describe, expect, it } from "vitest";

describe("health", () => {
  it("answers through the object", async () => {
    const response = await SELF.fetch("http://edgekeeper/health");
    expect(await response.json()).toEqual({ status: "ok" });
    expect(env.ACCESS).toBe("open");
  });
});
