import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    env: { NO_COLOR: '', FORCE_COLOR: '0' },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**'] } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
          testTimeout: 60_000,
        },
      },
    ],
  },
});
