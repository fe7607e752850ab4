import { amiFamilyRefusals } from './ami-families.ts';
import { alternateName, isCoreGroup } from './core-groups.ts';
import type { PlanNote } from './plan.ts';
import { alreadyCreated, type CoreMove, type PlanDraft } from './plan-draft.ts';
import { isTooOldFor } from './skew.ts';
import { isSettled, versionOfGroup } from './survey-groups.ts';
import { minorOf, minorsBetween } from './version.ts';

/** Why the node groups as they are forbid the plan. */
export function groupRefusals(draft: PlanDraft): PlanNote[] {
  return [
    ...unsettledGroups(draft),
    ...groupsOfOtherKind(draft),
    ...groupsNewerThanTarget(draft),
    ...corePresence(draft),
    ...coreNames(draft),
    ...straysLeftBehind(draft),
    ...amazonLinux2(draft),
    ...amiFamilyRefusals(draft),
  ];
}

function unsettledGroups({ survey }: PlanDraft): PlanNote[] {
  const unsettled = survey.ours.filter(({ live }) => !isSettled(live));
  if (unsettled.length === 0) return [];
  const names = unsettled.map(({ name }) => name);
  const states = unsettled.map(({ name, live }) => `${name} is ${live.status}`).join(', ');
  const text = `Node groups are not in a state to be upgraded: ${states}. Wait for what is in progress; repair or delete what failed (eksctl takes a failed stack for an existing group and leaves it out without an error); then ask again.`;
  return [{ id: idOf('node-group-not-ready', names), text }];
}

function groupsOfOtherKind({ survey: { otherKind } }: PlanDraft): PlanNote[] {
  if (otherKind.length === 0) return [];
  const found = otherKind.map(({ name, kind }) => {
    const inAws = kind === 'managed' ? 'self-managed' : 'managed';
    return `${name} is ${kind} in the config and ${inAws} in AWS`;
  });
  const text = `Config and AWS disagree about the kind of node groups: ${found.join(', ')}. Move them between nodeGroups and managedNodeGroups in the config so that it says what runs, then ask again.`;
  return [
    {
      id: idOf(
        'group-kind-differs',
        otherKind.map(({ name }) => name),
      ),
      text,
    },
  ];
}

function groupsNewerThanTarget({ survey, from, to }: PlanDraft): PlanNote[] {
  if (minorsBetween(from, to) < 0) return [];
  const newer = survey.ours.filter(({ version }) => version !== null && minorsBetween(to, version) > 0);
  if (newer.length === 0) return [];
  const list = newer.map(({ name, version }) => `${name} at ${version}`).join(', ');
  const text = `Node groups are newer than ${to}: ${list}. After this upgrade they would still be ahead of the control plane, which Kubernetes does not support. Ask for their version or a newer one.`;
  return [
    {
      id: idOf(
        'group-newer-than-target',
        newer.map(({ name }) => name),
      ),
      text,
    },
  ];
}

/** Deleting self-managed groups while nothing is known to keep the core running would stop the cluster's services. */
function corePresence({ survey, rotations, request: { policy } }: PlanDraft): PlanNote[] {
  if (rotations.length === 0 || survey.ours.some(({ core }) => core)) return [];
  const patterns = policy.coreGroups.join(', ') || 'none';
  const configured = survey.missing.filter(({ name }) => isCoreGroup(name, policy.coreGroups));
  // The drift of a core group that lives under its other name is told by `coreNames`.
  if (configured.some(({ name }) => survey.strays.some((stray) => stray.name === alternateName(name)))) return [];
  if (configured.length > 0) {
    const names = configured.map(({ name }) => name);
    const text = `The core node group ${names.join(', ')} is in the config but not in AWS, so nothing is known to keep running while other groups are deleted. Create it (eksctl create nodegroup --include=${names.join(',')}), or correct its name in the config, then ask again.`;
    return [{ id: idOf('core-group-missing', names), text }];
  }
  const text = `No node group matches the fleet file's patterns of core groups (${patterns}), so it is not known which one must keep running while others are deleted. Set coreGroups for this cluster in the fleet file.`;
  return [{ id: 'no-core-group', text }];
}

function coreNames(draft: PlanDraft): PlanNote[] {
  const { survey, rotations, request } = draft;
  const live = new Set(survey.strays.map(({ name }) => name));
  const drifted = survey.missing
    .filter(({ name, kind }) => kind === 'self-managed' && isCoreGroup(name, request.policy.coreGroups))
    .flatMap(({ name }) => {
      const other = alternateName(name);
      return other !== undefined && live.has(other) ? [coreNameDrift(draft, { configured: name, live: other })] : [];
    });
  const firstMoves = new Map<string, CoreMove>();
  for (const move of rotations.flatMap(({ core }) => core)) {
    if (!firstMoves.has(move.configured)) firstMoves.set(move.configured, move);
  }
  return [...drifted, ...[...firstMoves.values()].flatMap((move) => coreMoveRefusals(move, draft))];
}

function coreNameDrift(
  { from, request }: PlanDraft,
  { configured, live }: { configured: string; live: string },
): PlanNote {
  const command = `npm run edit-config -- --config ${request.observation.config.path} --to ${from} --rename ${configured}=${live} --write`;
  const text = `The core node group runs as ${live}, but the config says ${configured}: an earlier upgrade has swapped it and its change was not committed or merged. Merge that upgrade's branch, or rename it in the config (${command}), then ask again.`;
  return { id: `core-name-drift:${configured}`, text };
}

function coreMoveRefusals({ configured, to }: CoreMove, draft: PlanDraft): PlanNote[] {
  if (alternateName(configured) === undefined) {
    const text = `The core node group "${configured}" has no letter at the end of its name, so its replacement cannot be named. Rename it once by hand so that it ends in -a (for example ${configured}-a); from then on the name alternates between -a and -b.`;
    return [{ id: `core-name-shape:${configured}`, text }];
  }
  const { survey } = draft;
  const stray = survey.strays.find(({ name }) => name === to);
  const inConfig = [...survey.ours, ...survey.missing, ...survey.otherKind].some(({ name }) => name === to);
  if (inConfig) {
    const text = `The replacement of the core node group ${configured} would be called ${to}, but the config has another group of that name. Rename one of them so that both letters of a pair (a and b, c and d, …) are free for each core group.`;
    return [{ id: `core-name-taken:${configured}`, text }];
  }
  if (stray === undefined || alreadyCreated(draft).includes(to)) return [];
  const version = versionOfGroup(stray) ?? 'a version that could not be checked';
  const text = `The replacement of the core node group ${configured} would be called ${to}, but a group of that name is in AWS already (${stray.status}, at ${version}), and eksctl would leave it out without an error. If nothing runs on it, delete it; then ask again.`;
  return [{ id: `core-name-taken:${configured}`, text }];
}

function straysLeftBehind(draft: PlanDraft): PlanNote[] {
  const adopted = alreadyCreated(draft);
  const behind = draft.survey.strays.flatMap((stray) => {
    const version = versionOfGroup(stray);
    if (version === null || adopted.includes(stray.name)) return [];
    const hop = draft.hops.find((candidate) => isTooOldFor(version, candidate));
    return hop === undefined ? [] : [{ name: stray.name, version, hop }];
  });
  if (behind.length === 0) return [];
  const list = behind.map(({ name, version, hop }) => `${name} at ${version} is too old for ${hop}`).join(', ');
  const text = `Node groups that are not in the config would be left too far behind, and their nodes would stop working: ${list}. Delete them when they are empty, or add them to the config so that they are upgraded too; then ask again.`;
  return [
    {
      id: idOf(
        'group-left-behind',
        behind.map(({ name }) => name),
      ),
      text,
    },
  ];
}

/** EKS publishes no Amazon Linux 2 AMI from 1.33 on: https://docs.aws.amazon.com/eks/latest/userguide/eks-ami-deprecation-faqs.html */
function amazonLinux2({ survey, rotations, managedUpdates, request }: PlanDraft): PlanNote[] {
  const goals = [...rotations, ...managedUpdates].filter(({ goal }) => minorOf(goal) >= 33);
  const names = survey.ours
    .filter(
      ({ name, config }) => config.amiFamily === 'AmazonLinux2' && goals.some(({ groups }) => groups.includes(name)),
    )
    .map(({ name }) => name);
  if (names.length === 0) return [];
  const text = `Amazon Linux 2 ends with Kubernetes 1.32, and the config says amiFamily: AmazonLinux2 for ${names.join(', ')}. Change it to AmazonLinux2023 (a managed group needs to be created anew for that) and set allowAmiFamilyChange: true for ${request.observation.cluster.name} in the fleet file, then ask again.`;
  return [{ id: idOf('al2-not-available', names), text }];
}

function idOf(kind: string, names: readonly string[]): string {
  return `${kind}:${[...names].sort().join(',')}`;
}
