import { z } from 'zod';
import type { FleetProblem } from './problem.ts';

/**
 * Fields of the fleet file that are right one by one and wrong together. Reads as much of the file as can be read,
 * so that these are reported beside the problems of single fields.
 */
export function fleetContradictions(file: unknown): FleetProblem[] {
  const sketch = sketchSchema.safeParse(file);
  if (!sketch.success) return [];
  const { clusters, approvers, requesters } = sketch.data;
  return [
    ...twiceNamed(clusters),
    ...twiceConfigured(clusters),
    ...foreignRoles(clusters),
    ...nobodyElse(approvers, requesters),
  ];
}

const text = z.string().catch('');
const sketchOfCluster = z
  .object({
    name: text,
    account: text,
    roleArn: text,
    config: z
      .object({ remote: text, branch: z.string().catch('main'), path: text })
      .catch({ remote: '', branch: '', path: '' }),
  })
  .catch({ name: '', account: '', roleArn: '', config: { remote: '', branch: '', path: '' } });
const sketchOfPeople = z
  .object({ users: z.array(z.unknown()).catch([]), groups: z.array(z.unknown()).catch([]) })
  .catch({ users: [], groups: [] });
const sketchSchema = z.object({
  clusters: z.array(sketchOfCluster).catch([]),
  approvers: sketchOfPeople,
  requesters: sketchOfPeople,
});

type Cluster = z.output<typeof sketchOfCluster>;
type People = z.output<typeof sketchOfPeople>;

function twiceNamed(clusters: Cluster[]): FleetProblem[] {
  return repeats(clusters, ({ name }) => name).map(([index, first]) => ({
    path: ['clusters', index, 'name'],
    what: `is "${clusters[index]?.name}", as clusters[${first}].name already: give each cluster a name of its own`,
  }));
}

/** A config holds one cluster's name: two clusters with one config come of copying an entry. */
function twiceConfigured(clusters: Cluster[]): FleetProblem[] {
  const location = ({ config: { remote, branch, path } }: Cluster): string =>
    path === '' ? '' : JSON.stringify([remote, branch, path]);
  return repeats(clusters, location).map(([index, first]) => ({
    path: ['clusters', index, 'config', 'path'],
    what: `is "${clusters[index]?.config.path}", the config of clusters[${first}] already: give each cluster its own`,
  }));
}

/** [index of the repetition, index of the first] of each text that was there before. */
function repeats(clusters: Cluster[], textOf: (cluster: Cluster) => string): [number, number][] {
  const texts = clusters.map(textOf);
  return texts.flatMap((text, index): [number, number][] => {
    const first = texts.indexOf(text);
    return text === '' || first === index ? [] : [[index, first]];
  });
}

function foreignRoles(clusters: Cluster[]): FleetProblem[] {
  return clusters.flatMap(({ account, roleArn }, index) => {
    const accountOfRole = /^arn:[^:]*:iam::(\d{12}):/.exec(roleArn)?.[1];
    if (accountOfRole === undefined || !/^\d{12}$/.test(account) || accountOfRole === account) return [];
    const what = `is "${roleArn}", a role of account ${accountOfRole}, but the cluster's account is ${account}: make them agree`;
    return [{ path: ['clusters', index, 'roleArn'], what }];
  });
}

/** Nobody may approve their own request. */
function nobodyElse(approvers: People, requesters: People): FleetProblem[] {
  const users = new Set([...approvers.users, ...requesters.users]);
  const groups = approvers.groups.length + requesters.groups.length;
  if (users.size !== 1 || groups > 0 || approvers.users.length === 0 || requesters.users.length === 0) return [];
  return [
    {
      path: ['approvers'],
      what: `is only ${String([...users][0])}, who is also the only requester: nobody may approve their own request, add somebody else`,
    },
  ];
}
