import type { FaultName } from '../../../simulators/cloud/options.ts';
import type { Fault } from '../fault.ts';
import { clusterOf, whole } from '../fault.ts';
import type { Random } from '../random.ts';

const MINUTE = 60_000;

type Switch = Pick<Fault, 'shapes' | 'at' | 'minutes'> & {
  name: string;
  fault: FaultName;
  /** How often it strikes; absent: until its minutes are over, or for ever. */
  times?: [least: number, most: number];
};

/** A switch of the cloud: for some strikes, for some minutes, or from then on. */
function switched({ name, fault, times, ...rest }: Switch): Fault {
  const switchOf = (cluster: string) => ({ cluster, name: fault });
  return {
    name,
    scope: 'cluster',
    uses: [`cloud/${fault}`],
    ...rest,
    ...(times === undefined ? {} : { draw: (random: Random) => ({ times: random.between(...times) }) }),
    begin: ({ cloud }, strike) =>
      cloud.fault({
        ...switchOf(clusterOf(strike)),
        ...(times === undefined ? {} : { times: whole(strike, 'times') }),
        ...(strike.minutes === null ? {} : { forMs: strike.minutes * MINUTE }),
      }),
    ...(rest.minutes === undefined
      ? {}
      : { end: ({ cloud }, strike) => cloud.fault({ ...switchOf(clusterOf(strike)), on: false }) }),
  };
}

const EKSCTL: Pick<Fault, 'shapes'> = { shapes: ['rotated'] };
const GROUPS: Pick<Fault, 'shapes'> = { shapes: ['managed', 'rotated'] };

export const CLOUD_FAULTS: readonly Fault[] = [
  switched({ name: 'aws: a control-plane update fails', fault: 'update-fails', times: [1, 1] }),
  switched({ name: 'aws: a control-plane update takes hours', fault: 'update-takes-hours', times: [1, 1] }),
  switched({ name: 'aws: somebody else updates the control plane', fault: 'update-by-someone-else', times: [1, 1] }),
  switched({ name: 'aws: something else is in the way', fault: 'resource-in-use', minutes: [2, 20] }),
  switched({ name: 'aws: a stack rolls back', fault: 'stack-rolls-back', times: [1, 2], ...EKSCTL }),
  switched({ name: 'aws: a stack sticks in DELETE_FAILED', fault: 'delete-fails', times: [1, 1], ...EKSCTL }),
  switched({ name: 'aws: somebody deletes a stack by hand', fault: 'stack-deleted-by-hand', times: [1, 1], ...EKSCTL }),
  switched({ name: 'aws: no capacity', fault: 'no-capacity', minutes: [10, 60], ...GROUPS }),
  switched({ name: 'aws: nodes that never get ready', fault: 'nodes-never-ready', minutes: [10, 60], ...GROUPS }),
  switched({ name: 'aws: fields of an add-on were changed by hand', fault: 'add-on-conflict', times: [1, 2] }),
  switched({ name: 'aws: throttling', fault: 'throttling', minutes: [1, 12] }),
  switched({ name: 'aws: throttled for longer than patience lasts', fault: 'throttling', minutes: [40, 50] }),
  switched({ name: 'aws: 5xx', fault: 'server-errors', times: [1, 20] }),
  switched({ name: 'aws: connections are reset before the call', fault: 'connection-reset', times: [1, 10] }),
  switched({ name: 'aws: answers are lost after the call', fault: 'answer-lost', times: [1, 10] }),
  switched({ name: 'aws: credentials expire', fault: 'expired-credentials', minutes: [2, 15] }),
  switched({ name: 'aws: reads are old', fault: 'stale-reads', minutes: [5, 60] }),
  switched({ name: 'kubernetes: 401, the bot is not mapped any more', fault: 'no-access' }),
  switched({ name: 'kubernetes: the API server refuses connections', fault: 'api-server-away', minutes: [1, 10] }),
  switched({ name: 'kubernetes: 429', fault: 'api-server-busy', minutes: [1, 10] }),
  switched({ name: 'kubernetes: a webhook refuses writes', fault: 'webhook-denies', minutes: [5, 60], ...GROUPS }),
  switched({ name: 'kubernetes: an API server with a new CA', fault: 'new-certificate-authority', times: [1, 1] }),
  switched({ name: 'kubernetes: a replaced aws-node runs as non-root', fault: 'aws-node-run-as-non-root', ...EKSCTL }),
  switched({ name: 'kubernetes: kube-proxy has no image', fault: 'kube-proxy-image-pull-fails', ...EKSCTL }),
  {
    name: 'people: users come to the cluster',
    scope: 'cluster',
    uses: [],
    ...GROUPS,
    draw: (random) => ({ pods: random.between(1, 6) }),
    begin: ({ cloud }, strike) => cloud.activity(clusterOf(strike), whole(strike, 'pods')),
  },
];
