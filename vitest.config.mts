import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    // Most of the tests wait for a process or a server most of the time.
    maxWorkers: 2,
    // Real processes and real shells, on a machine that may be slow.
    testTimeout: 60_000,
    env: { NO_COLOR: '', FORCE_COLOR: '0' },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**', 'test/system/**'] },
      },
      {
        extends: true,
        // The built program too, but long: run once, not again by the other Nodes.
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
        },
      },
    ],
  },
});
