import type { ConfigNodeGroup } from './observation.ts';
import type { OurGroup } from './survey-groups.ts';

/** How many of the groups that want no nodes a run shows to work by a node. `one`: of each AMI family and architecture. */
export type ProveEmptyGroups = 'none' | 'one' | 'all';

type Group = Pick<OurGroup, 'config' | 'version'>;

/** Those of these groups that are to be proven by a node, in the config's order. */
export function groupsToProve(groups: readonly Group[], prove: ProveEmptyGroups): string[] {
  const empty = prove === 'none' ? [] : groups.filter(({ config }) => startsEmpty(config));
  // An AMI of one's own (its version could not be checked) says nothing about the others of its family.
  const known = empty.filter(({ version }) => version !== null).map(({ config }) => config);
  const chosen = prove === 'one' ? onePerKind(known) : empty.map(({ config }) => config);
  return empty.filter(({ config }) => chosen.includes(config)).map(({ config }) => config.name);
}

/** Without sizes eksctl makes two nodes; a group that may never have one cannot be proven. */
function startsEmpty({ kind, minSize, maxSize, desiredCapacity }: ConfigNodeGroup): boolean {
  return kind === 'self-managed' && (desiredCapacity ?? minSize ?? 2) === 0 && maxSize !== 0;
}

/** Of those alike the one that is the most likely to get a node and the cheapest, else the first. */
function onePerKind(groups: readonly ConfigNodeGroup[]): ConfigNodeGroup[] {
  const kinds = Map.groupBy(groups, (group) => `${group.amiFamily ?? TODAYS_FAMILY} ${architectureOf(group)}`);
  return [...kinds.values()].flatMap((alike) => alike.toSorted((a, b) => scarcity(a) - scarcity(b)).slice(0, 1));
}

/** What eksctl takes when the config does not say. */
const TODAYS_FAMILY = 'AmazonLinux2023';

/** Graviton has a `g` after the generation, as in m6g and c7gn; a1 was the first. As eksctl tells: pkg/utils/instance. */
function architectureOf({ instanceTypes }: ConfigNodeGroup): 'arm64' | 'x86_64' {
  return /^(?:a1\.|[a-z]+\d+g)/.test(instanceTypes[0] ?? '') ? 'arm64' : 'x86_64';
}

const ACCELERATED = /^(?:p|g|gr|inf|trn|dl|vt|f)\d/;

/** Accelerated types last, then by size: `large` before `2xlarge` before `metal`. */
function scarcity({ instanceTypes }: ConfigNodeGroup): number {
  const type = instanceTypes[0] ?? '';
  const [, size = ''] = type.split('.');
  const [, times = '1'] = /^(\d*)xlarge$/.exec(size) ?? [];
  const bySize = SMALL_SIZES.includes(size) ? SMALL_SIZES.indexOf(size) : SMALL_SIZES.length + Number(times || 1);
  return (ACCELERATED.test(type) ? 10_000 : 0) + (size.startsWith('metal') ? 1000 : bySize);
}

const SMALL_SIZES = ['nano', 'micro', 'small', 'medium', 'large'];
