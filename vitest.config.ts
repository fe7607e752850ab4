import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const WORLDS = ['test/scenarios/**/*.test.ts', 'test/simulators/demo/**/*.test.ts'];

const results = process.env.TEST_RESULTS;

export default defineConfig({
  test: {
    projects: [
      // Loading 300 modules anew for each of 140 files would cost more than most of their tests. So what a file leaves
      // behind meets the next one in its process.
      { extends: true, test: { name: 'rooms', include: ['test/**/*.test.ts'], exclude: WORLDS, isolate: false } },
      // Worlds share the machine with each other and with other test files: what is slow is not wrong.
      { extends: true, test: { name: 'worlds', include: WORLDS, testTimeout: 150_000, isolate: false } },
    ],
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
