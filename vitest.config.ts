import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const results = process.env.TEST_RESULTS;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Worlds of processes, sockets and signals: threads would share the signal handlers and the working directory.
    pool: 'forks',
    // The scenarios wait for simulated minutes more than they compute.
    maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // .ci/run counts from the file.
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    // `.only` left behind would quietly skip the rest.
    allowOnly: false,
    unstubEnvs: true,
  },
});
