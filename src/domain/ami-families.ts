import type { PlanNote } from './plan.ts';
import type { PlanDraft } from './plan-draft.ts';
import { listNames } from './step-title.ts';
import type { OurGroup } from './survey-groups.ts';
import { minorOf } from './version.ts';

/**
 * What eksctl takes when a config does not say, whatever the Kubernetes version: `SetNodeGroupDefaults` in
 * https://github.com/eksctl-io/eksctl/blob/v0.230.0/pkg/apis/eksctl.io/v1alpha5/defaults.go
 */
const DEFAULT_FAMILY = 'AmazonLinux2023';

const AL2 = 'AmazonLinux2';

/** EKS publishes no Amazon Linux 2 AMI from here on: https://docs.aws.amazon.com/eks/latest/userguide/eks-ami-deprecation-faqs.html */
const FIRST_MINOR_WITHOUT_AL2 = 33;

/** Groups that are created again with another operating system, by what they had and get. */
type FamilyChange = { from: string; to: string; groups: OurGroup[] };

/** The operating systems that this plan changes and the fleet file lets it change, or that cannot be known. */
export function amiFamilyWarnings(draft: PlanDraft): PlanNote[] {
  return [...(draft.request.policy.allowAmiFamilyChange === true ? allowedChanges(draft) : []), ...untold(draft)];
}

export function amiFamilyRefusals(draft: PlanDraft): PlanNote[] {
  if (draft.request.policy.allowAmiFamilyChange === true) return [];
  return familyChanges(draft).map((change) => ({
    id: idOf(change),
    text: `${changeText(change)} ${waysOut(draft, change)}`,
  }));
}

function allowedChanges(draft: PlanDraft): PlanNote[] {
  return familyChanges(draft).map((change) => ({
    id: idOf(change),
    text: `${changeText(change)} The fleet file allows it for this cluster (allowAmiFamilyChange).`,
  }));
}

function familyChanges({ survey, rotations }: PlanDraft): FamilyChange[] {
  const created = new Set(rotations.flatMap(({ groups }) => groups));
  const changes = new Map<string, FamilyChange>();
  for (const group of survey.ours) {
    const [from, to] = [group.live.amiFamily, group.config.amiFamily ?? DEFAULT_FAMILY];
    if (!created.has(group.name) || from === null || from === to) continue;
    const change = changes.get(`${from} ${to}`) ?? { from, to, groups: [] };
    changes.set(`${from} ${to}`, { ...change, groups: [...change.groups, group] });
  }
  return [...changes.values()];
}

/** Nobody can say of these whether they change. */
function untold({ survey, rotations }: PlanDraft): PlanNote[] {
  const created = new Set(rotations.flatMap(({ groups }) => groups));
  const unknown = survey.ours.filter(
    ({ name, live, config }) => created.has(name) && live.amiFamily === null && config.amiFamily === null,
  );
  if (unknown.length === 0) return [];
  const names = listNames(unknown.map(({ name }) => name));
  const text = `It could not be told which operating system node groups have (${names}), and the config does not say. eksctl takes its default, ${DEFAULT_FAMILY} today, so nodes that ran Amazon Linux 2 come back with another one, and what was built for it (boot scripts, GPU drivers, cgroup v1) may fail for users. To keep it, set amiFamily in the config before you approve.`;
  return [{ id: 'ami-family-not-stated', text }];
}

/** The families are in the id: people decide on what becomes of which group. */
function idOf({ from, to, groups }: FamilyChange): string {
  const names = groups.map(({ name }) => name).sort();
  return `ami-family-changes:${from}>${to}:${names.join(',')}`;
}

function changeText({ from, to, groups }: FamilyChange): string {
  const names = groups.map(({ name }) => name).join(', ');
  const unstated = groups.filter(({ config }) => config.amiFamily === null).length;
  const why =
    unstated === groups.length
      ? ` The config does not say amiFamily, and eksctl then takes ${DEFAULT_FAMILY} today.`
      : unstated === 0
        ? ' The config says so.'
        : ` The config says so, or does not say amiFamily, and eksctl then takes ${DEFAULT_FAMILY} today.`;
  return `Node groups come back with another operating system, ${from} → ${to}: ${names}.${why} What was built for ${from} (boot scripts, GPU drivers, cgroup v1) may fail for users.`;
}

function waysOut({ request, rotations }: PlanDraft, { from, to, groups }: FamilyChange): string {
  const { cluster, config } = request.observation;
  const allow = `set allowAmiFamilyChange: true for ${cluster.name} in the fleet file`;
  const names = groups.map(({ name }) => name);
  const goals = rotations.filter((rotation) => rotation.groups.some((name) => names.includes(name)));
  if (from === AL2 && goals.some(({ goal }) => minorOf(goal) >= FIRST_MINOR_WITHOUT_AL2))
    return `${AL2} cannot be kept, because it ends with Kubernetes 1.32: see that your pods run on ${to}, then ${allow}, and ask again.`;
  const where =
    groups.length === 1 ? `into ${names[0]}` : `into ${groups.length === 2 ? 'both' : 'each'} of these groups`;
  return `To keep it, write ${lineFor(config.path, from)} ${where} in ${config.path}; to let it change, ${allow}. Then ask again.`;
}

/** As it stands in the config's own language. */
function lineFor(path: string, family: string): string {
  if (path.endsWith('.jsonnet')) return `amiFamily: '${family}',`;
  return path.endsWith('.json') ? `"amiFamily": "${family}",` : `amiFamily: ${family}`;
}
