import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const integration = cloudflareTest({
  wrangler: { configPath: "./wrangler.toml" },
  miniflare: { bindings: { ACCESS: "open" } },
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
          name: "interop",
          // test/interop/ahead holds checks that a real ZooKeeper passes and this server does not yet.
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
