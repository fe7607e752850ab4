import { amiFamilyWarnings } from './ami-families.ts';
import { alternateName } from './core-groups.ts';
import { roleWarnings, unexplainedWarnings, unseenScalingWarnings } from './group-findings.ts';
import { sizeWarnings } from './group-sizes.ts';
import type { PlanNote } from './plan.ts';
import { alreadyCreated, type PlanDraft } from './plan-draft.ts';
import { isTooOldFor } from './skew.ts';
import { versionOfGroup } from './survey-groups.ts';
import { minorsBetween } from './version.ts';

/** What an approver must know about the node groups as they are; what may leave users without nodes comes first. */
export function groupWarnings(draft: PlanDraft): PlanNote[] {
  return [
    ...roleWarnings(draft),
    ...amiFamilyWarnings(draft),
    ...smallerCore(draft),
    ...sizeWarnings(draft),
    ...outOfSkew(draft),
    ...keptOut(draft),
    ...unchecked(draft),
    ...degraded(draft),
    ...missing(draft),
    ...adopted(draft),
    ...strays(draft),
    ...unseenScalingWarnings(draft),
    ...unexplainedWarnings(draft),
  ];
}

function unchecked({ request: { observation }, survey }: PlanDraft): PlanNote[] {
  const ours = new Set(survey.ours.map(({ name }) => name));
  const groups = observation.nodeGroups.flatMap(({ name, version }) =>
    version.kind === 'could-not-check' && ours.has(name) ? [{ name, why: version.why }] : [],
  );
  if (groups.length === 0) return [];
  const list = groups.map(({ name, why }) => `${name} (${why})`).join(', ');
  const text = `The version of node groups could not be checked: ${list}. They are upgraded in any case where this plan upgrades others, and are taken to be as old as the oldest group that could be checked. If they use an AMI of their own, its version stays what the config names: check it by hand.`;
  return [
    {
      id: idOf(
        'could-not-check',
        groups.map(({ name }) => name),
      ),
      text,
    },
  ];
}

/** Groups newer than the control plane are left to the hops, which cure it; see `groupsNewerThanTarget` for those beyond. */
function outOfSkew({ survey, from, to }: PlanDraft): PlanNote[] {
  const known = survey.ours.flatMap(({ name, version }) => (version === null ? [] : [{ name, version }]));
  const ahead = known.filter(({ version }) => minorsBetween(from, version) > 0 && minorsBetween(version, to) >= 0);
  const behind = known.filter(({ version }) => isTooOldFor(version, from));
  const notes: PlanNote[] = [];
  if (ahead.length > 0) {
    const list = ahead.map(({ name, version }) => `${name} at ${version}`).join(', ');
    const text = `Node groups are ahead of the control plane (${from}) already: ${list}. Kubernetes does not support that; this plan does not make it worse, and each hop of the control plane brings it closer. Nothing to do, but do not stop half-way.`;
    notes.push({
      id: idOf(
        'groups-ahead',
        ahead.map(({ name }) => name),
      ),
      text,
    });
  }
  if (behind.length > 0) {
    const list = behind.map(({ name, version }) => `${name} at ${version}`).join(', ');
    const text = `Node groups are older than Kubernetes supports with the control plane at ${from}: ${list}. Their pods may already misbehave. This plan upgrades them as soon as it can; check their pods afterwards.`;
    notes.push({
      id: idOf(
        'groups-too-old',
        behind.map(({ name }) => name),
      ),
      text,
    });
  }
  return notes;
}

function strays(draft: PlanDraft): PlanNote[] {
  const { to, survey } = draft;
  const known = alreadyCreated(draft);
  // A core group under its other name is told by a refusal, in better words.
  const drifted = survey.missing.map(({ name }) => alternateName(name));
  const left = survey.strays.filter(({ name }) => !known.includes(name) && !drifted.includes(name));
  if (left.length === 0) return [];
  const list = left.map((group) => `${group.name} at ${versionOfGroup(group) ?? 'an unknown version'}`).join(', ');
  const text = `Node groups in AWS that are not in the config: ${list}. This run does not touch them: they are not deleted and stay at their version while the cluster goes to ${to}. Delete them when they are empty, or add them to the config.`;
  return [
    {
      id: idOf(
        'groups-not-in-config',
        left.map(({ name }) => name),
      ),
      text,
    },
  ];
}

function missing({ survey }: PlanDraft): PlanNote[] {
  const drifted = survey.strays.map(({ name }) => alternateName(name));
  const names = survey.missing.map(({ name }) => name).filter((name) => !drifted.includes(name));
  if (names.length === 0) return [];
  const text = `Node groups in the config that are not in AWS: ${names.join(', ')}. This run does not create them, and users who need their nodes cannot get any. Afterwards create them (eksctl create nodegroup --include=${names.join(',')}), or take them out of the config.`;
  return [{ id: idOf('groups-missing', names), text }];
}

function adopted(draft: PlanDraft): PlanNote[] {
  const names = alreadyCreated(draft);
  if (names.length === 0) return [];
  const text = `The replacement of the core node group is there already (${names.join(', ')} at ${draft.rotations[0]?.goal ?? draft.to}), as an earlier run leaves it when it stops half-way. It is used as it is. Nothing to do.`;
  return [{ id: idOf('core-already-created', names), text }];
}

/** A core group comes back with as many nodes as it has, which the autoscaler may have grown, but its maximum limits that. */
function smallerCore({ survey, rotations }: PlanDraft): PlanNote[] {
  const rotating = new Set(rotations.flatMap(({ core }) => core.map(({ configured }) => configured)));
  const smaller = survey.ours.flatMap(({ name, live, config }) => {
    const starts = config.maxSize;
    return rotating.has(name) && starts !== null && live.nodes.length > starts
      ? [{ name, now: live.nodes.length, starts }]
      : [];
  });
  if (smaller.length === 0) return [];
  const list = smaller.map(
    ({ name, now, starts }) => `${name} has ${now} nodes and its replacement starts with ${starts}`,
  );
  const text = `The core node group shrinks: ${list.join(', ')}. Until the autoscaler has grown it, core services may wait for room, and users may see errors. Raise maxSize in the config before, or be ready to wait some minutes.`;
  return [
    {
      id: idOf(
        'core-smaller',
        smaller.map(({ name }) => name),
      ),
      text,
    },
  ];
}

function degraded({ survey }: PlanDraft): PlanNote[] {
  const names = survey.ours.filter(({ live }) => live.status === 'DEGRADED').map(({ name }) => name);
  if (names.length === 0) return [];
  const text = `EKS calls managed node groups degraded: ${names.join(', ')}. Their update may fail half-way, which leaves users with fewer nodes. See the groups' health issues in the EKS console and repair them before you approve.`;
  return [{ id: idOf('groups-degraded', names), text }];
}

/** Such a group looks complete and has never had a node; one that is created again is let in by this run. */
function keptOut({ survey, rotations, request: { observation } }: PlanDraft): PlanNote[] {
  const created = new Set(rotations.flatMap(({ groups }) => groups));
  const names = (observation.keptOut ?? []).filter(
    (name) => !created.has(name) && survey.ours.some((group) => group.name === name),
  );
  if (names.length === 0) return [];
  const text = `No node can join these node groups: ${names.join(', ')}. Nothing lets their instance role in, neither aws-auth (with system:bootstrappers and system:nodes) nor an access entry, so users who need them wait for ever. This run does not create them again: map the roles (eksctl create iamidentitymapping, or an access entry of type EC2_LINUX).`;
  return [{ id: idOf('groups-kept-out', names), text }];
}

function idOf(kind: string, names: readonly string[]): string {
  return `${kind}:${[...names].sort().join(',')}`;
}
