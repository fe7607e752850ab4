import type { Fault, Strike } from '../fault.ts';
import { whole } from '../fault.ts';
import type { Random } from '../random.ts';

/** Seconds here are real: leases are. The storm's are 5 s. */
const anyWorker = (random: Random) => ({ process: `worker-${random.between(1, 3)}` });
const processOf = ({ details }: Strike): string => String(details['process']);

export const PROCESS_FAULTS: readonly Fault[] = [
  {
    name: 'processes: kill -9 of a worker',
    scope: 'world',
    uses: [],
    draw: anyWorker,
    begin: async ({ processes }, strike) => processes.signal(processOf(strike), 'SIGKILL'),
  },
  {
    name: 'processes: kill -9 of the bot',
    scope: 'world',
    uses: [],
    draw: () => ({ process: 'bot' }),
    begin: async ({ processes }, strike) => processes.signal(processOf(strike), 'SIGKILL'),
  },
  {
    name: 'processes: SIGTERM of a worker, and a new one',
    scope: 'world',
    uses: [],
    draw: anyWorker,
    begin: async ({ processes }, strike) => processes.signal(processOf(strike), 'SIGTERM'),
  },
  {
    name: 'processes: SIGTERM of the bot, and a new one',
    scope: 'world',
    uses: [],
    draw: () => ({ process: 'bot' }),
    begin: async ({ processes }, strike) => processes.signal(processOf(strike), 'SIGTERM'),
  },
  {
    name: 'processes: a worker sleeps through its lease and goes on',
    scope: 'world',
    uses: [],
    draw: (random) => ({ ...anyWorker(random), seconds: random.between(7, 12) }),
    begin: async ({ processes, wait }, strike) => {
      processes.signal(processOf(strike), 'SIGSTOP');
      await wait(whole(strike, 'seconds'));
      processes.signal(processOf(strike), 'SIGCONT');
    },
  },
  {
    name: 'processes: all workers are killed at once',
    scope: 'world',
    uses: [],
    begin: async ({ processes }) => {
      for (const worker of ['worker-1', 'worker-2', 'worker-3']) processes.signal(worker, 'SIGKILL');
    },
  },
];
