import type { GitFault } from '../../../simulators/git/faults.ts';
import type { Fault } from '../fault.ts';
import { clusterOf } from '../fault.ts';

type Rule = { name: string; fault: GitFault; minutes: [number, number] };

function ofCluster({ name, fault, minutes }: Rule): Fault {
  return {
    name: `git: ${name}`,
    scope: 'cluster',
    uses: [`git/${fault}`],
    minutes,
    begin: ({ git }, strike) => git.on(strike.id, { name: fault, cluster: clusterOf(strike) }),
    end: ({ git }, { id }) => git.off(id),
  };
}

function ofAll({ name, fault, minutes }: Rule): Fault {
  return {
    name: `git: ${name}`,
    scope: 'world',
    uses: [`git/${fault}`],
    minutes,
    begin: ({ git }, { id }) => git.on(id, { name: fault }),
    end: ({ git }, { id }) => git.off(id),
  };
}

export const GIT_FAULTS: readonly Fault[] = [
  ofCluster({ name: 'pushes are refused', fault: 'push-refused', minutes: [20, 120] }),
  ofCluster({ name: 'somebody pushes to the branch as well', fault: 'push-races', minutes: [5, 60] }),
  ofCluster({ name: 'cut off when the push was taken', fault: 'push-cut-off', minutes: [5, 60] }),
  ofCluster({ name: 'the repository is gone', fault: 'repository-gone', minutes: [5, 60] }),
  ofAll({ name: 'the server does not answer', fault: 'unreachable', minutes: [1, 8] }),
  ofAll({ name: "the server's disk is full", fault: 'server-disk-full', minutes: [5, 30] }),
  ofAll({ name: "the worker's disk is full", fault: 'disk-full', minutes: [1, 3] }),
];
