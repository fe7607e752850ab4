import type { EksctlFault } from '../../../simulators/eksctl/faults.ts';
import type { Fault } from '../fault.ts';
import { clusterOf } from '../fault.ts';

type Rule = { name: string; fault: EksctlFault; minutes: [number, number] };

/** For the first command after it begins; off at the latest after some time. */
function once({ name, fault, minutes }: Rule): Fault {
  return {
    name: `eksctl: ${name}`,
    scope: 'cluster',
    shapes: ['rotated'],
    uses: [`eksctl/${fault}`],
    minutes,
    begin: ({ eksctl }, strike) => eksctl.on(strike.id, { name: fault, cluster: clusterOf(strike), times: 1 }),
    end: ({ eksctl }, { id }) => eksctl.off(id),
  };
}

export const EKSCTL_FAULTS: readonly Fault[] = [
  once({ name: 'exits 1 after it did all', fault: 'eksctl-exits-1', minutes: [20, 60] }),
  once({ name: 'exits 0 and did nothing', fault: 'exit-0-nothing', minutes: [20, 60] }),
  once({ name: 'is killed at its first change', fault: 'killed', minutes: [20, 60] }),
  once({ name: 'fails with 100 MB of output', fault: 'output-100-mb', minutes: [20, 60] }),
  once({ name: 'leaves out the group it should create', fault: 'will-be-excluded', minutes: [20, 60] }),
  once({ name: 'is gone when it should start', fault: 'gone-at-exec', minutes: [20, 60] }),
  {
    ...once({ name: 'hangs until somebody kills it', fault: 'hang', minutes: [20, 60] }),
    uses: ['eksctl/hang'],
    end: async ({ eksctl }, strike) => {
      await eksctl.off(strike.id);
      await eksctl.kill(clusterOf(strike));
    },
  },
  {
    name: 'eksctl: kill -9',
    scope: 'cluster',
    uses: [],
    shapes: ['rotated'],
    at: ['stack-create-started', 'stack-delete-started', 'object-changed'],
    begin: ({ eksctl }, strike) => eksctl.kill(clusterOf(strike)),
  },
  {
    name: 'eksctl: the program is missing on all workers',
    scope: 'world',
    uses: ['eksctl/missing'],
    minutes: [1, 6],
    begin: ({ eksctl }, { id }) => eksctl.on(id, { name: 'missing' }),
    end: ({ eksctl }, { id }) => eksctl.off(id),
  },
];
