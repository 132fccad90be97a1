import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const integration = cloudflareTest({
  wrangler: { configPath: "./wrangler.toml" },
  miniflare: {
    bindings: {
      ACCESS: "open",
      // What auth requests with tokens are verified with.
      JWT_KEYS: [{ secret: "a secret for tests, of 32 bytes or more" }],
      SUPER_DIGEST: "super:D/InIHSb7yEEbrWz8b9l71RjZJU=", // The password is "test".
      NAMESPACE_LIMITS: {
        limited: {
          REQUEST_BYTES_MAX: 10_000,
          REPLY_BYTES_MAX: 2_000,
          CHILDREN_PER_REPLY_MAX: 5,
          WATCHES_PER_SESSION_MAX: 4,
          OUTSTANDING_REQUESTS_MAX: 10,
        },
        broken: { WATCHES_PER_SESSION_MAX: -1 },
      },
    },
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/model/**/*.test.ts"],
        },
      },
      {
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        plugins: [integration],
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 20_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "process",
          include: ["test/process/**/*.test.ts"],
          // They start servers and measure sessions: side by side they would starve each other on two cores.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          globalSetup: ["test/contract/global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "interop",
          include: ["test/interop/*.test.ts"],
          globalSetup: ["test/interop/global-setup.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
