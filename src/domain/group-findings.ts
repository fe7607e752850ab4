import type { LiveSizes } from './group-sizes.ts';
import type { PlanNote } from './plan.ts';
import type { PlanDraft } from './plan-draft.ts';
import { listNames } from './step-title.ts';

/** What makes deleting and creating node groups go wrong half-way, looked for before anybody approves it. */
export type GroupFindings = {
  /** Policies that somebody put on a group's role: CloudFormation deletes no role that has one. */
  foreignPolicies: ForeignPolicies[];
  /** Groups whose roles could not be looked at. */
  unseenRoles: { groups: string[]; why: string } | null;
  /** Nodes and Auto Scaling groups of the cluster that no stack of eksctl and no managed group explains. */
  unexplained: Unexplained[];
  /** Of the groups whose Auto Scaling group could be looked at. */
  liveSizes: LiveSizes[];
  /** Why the Auto Scaling groups could not be looked at; null: they were. */
  unseenScaling: string | null;
};

export type ForeignPolicies = {
  group: string;
  role: string;
  attached: { name: string; arn: string }[];
  inline: string[];
};

/** `group` is what a label or a tag says; null: it says nothing. `what`: names of the nodes, or of an Auto Scaling group. */
export type Unexplained = { kind: 'nodes' | 'scaling-group'; group: string | null; what: string[] };

export const NO_FINDINGS: GroupFindings = {
  foreignPolicies: [],
  unseenRoles: null,
  unexplained: [],
  liveSizes: [],
  unseenScaling: null,
};

/** What leaves users without nodes half-way. */
export function roleWarnings(draft: PlanDraft): PlanNote[] {
  return [...foreignPolicies(draft), ...unseenRoles(draft)];
}

/** How many commands stand in a plan; who runs some of them knows the others. */
const COMMANDS_SHOWN = 3;

function foreignPolicies({ request: { observation }, rotations }: PlanDraft): PlanNote[] {
  const planned = new Set(rotations.flatMap(({ groups }) => groups));
  const found = observation.findings.foreignPolicies.filter(({ group }) => planned.has(group));
  if (found.length === 0) return [];
  const list = found.map((one) => `${one.group} (${namesOf(one).join(', ')})`).join('; ');
  const commands = found.flatMap(takeOffCommands);
  const left = commands.length - COMMANDS_SHOWN;
  const shown = [...commands.slice(0, COMMANDS_SHOWN), ...(left > 0 ? [`and ${left} more like these`] : [])].join('; ');
  const text = `Somebody put policies on the roles of node groups: ${list}. With them CloudFormation cannot delete the group: its nodes go, its stack stays as DELETE_FAILED, and the run stops with users left without these nodes. The new group does not get them either. What it needs belongs into the config (iam.attachPolicyARNs); then take them off before you approve: ${shown}`;
  const id = found.map((one) => `${one.group}=${namesOf(one).join('+')}`).sort();
  return [{ id: `role-policies:${id.join(',')}`, text }];
}

function namesOf({ attached, inline }: ForeignPolicies): string[] {
  return [...attached.map(({ name }) => name), ...inline.map((name) => `inline ${name}`)].sort();
}

/** What a person with rights in IAM runs. */
export function takeOffCommands({ role, attached, inline }: Omit<ForeignPolicies, 'group'>): string[] {
  return [
    ...attached.map(({ arn }) => `aws iam detach-role-policy --role-name ${role} --policy-arn ${arn}`),
    ...inline.map((name) => `aws iam delete-role-policy --role-name ${role} --policy-name ${name}`),
  ];
}

function unseenRoles({ request: { observation }, rotations }: PlanDraft): PlanNote[] {
  const planned = new Set(rotations.flatMap(({ groups }) => groups));
  const groups = observation.findings.unseenRoles?.groups.filter((name) => planned.has(name)) ?? [];
  if (groups.length === 0) return [];
  const text = `Whether somebody put policies on the roles of node groups could not be checked (${listNames(groups)}): ${observation.findings.unseenRoles?.why ?? ''}. If somebody did, their deletion stops half-way, and users are left without these nodes until the policy is off. Look at the roles' permissions in the IAM console, or give the bot that right and ask again.`;
  return [{ id: 'role-policies-not-checked', text }];
}

/** Nothing goes wrong by it: what would have been said is only not known. */
export function unseenScalingWarnings({ request: { observation }, rotations }: PlanDraft): PlanNote[] {
  const why = observation.findings.unseenScaling;
  if (why === null || rotations.length === 0) return [];
  const text = `Whether somebody changed the sizes of node groups in AWS could not be checked: ${why}. They come back with those of the config. Compare them in the EC2 console, or give the bot that right and ask again.`;
  return [{ id: 'group-sizes-not-checked', text }];
}

export function unexplainedWarnings({ request: { observation }, to }: PlanDraft): PlanNote[] {
  const { unexplained: found } = observation.findings;
  if (found.length === 0) return [];
  const list = found.map(describeUnexplained).join('; ');
  const text = `The cluster has nodes or Auto Scaling groups that no stack of eksctl explains: ${list}. This run does not touch them: they are not deleted and stay at their version while the cluster goes to ${to}, and their nodes may stop working. Find out whose they are before you approve.`;
  const id = found.map(({ kind, group, what }) => group ?? (kind === 'nodes' ? 'nodes-of-no-group' : what.join('+')));
  return [{ id: `groups-without-stack:${[...new Set(id)].sort().join(',')}`, text }];
}

function describeUnexplained({ kind, group, what }: Unexplained): string {
  if (kind === 'scaling-group')
    return `the Auto Scaling group ${what.join(', ')}${group === null ? '' : ` of a node group ${group}`}`;
  return group === null ? `nodes of no group (${listNames(what)})` : `nodes of a group ${group} (${listNames(what)})`;
}
