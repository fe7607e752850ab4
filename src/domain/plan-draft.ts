import { type AddonSchedule, scheduleAddons } from './addon-actions.ts';
import { alternateName } from './core-groups.ts';
import type { ProveEmptyGroups } from './empty-groups.ts';
import type { Observation } from './observation.ts';
import type { Plan } from './plan.ts';
import { type Rotation, scheduleRotations } from './rotations.ts';
import type { SkewPolicy } from './skew.ts';
import { type GroupSurvey, isSettled, type OurGroup, surveyGroups, versionOfGroup } from './survey-groups.ts';
import { hopsBetween, type KubernetesVersion } from './version.ts';

/** Everything steps, warnings and refusals are derived from: what happens when, before it is written down. */
export type PlanDraft = {
  request: PlanRequest;
  from: KubernetesVersion;
  to: KubernetesVersion;
  hops: KubernetesVersion[];
  survey: GroupSurvey;
  /** Self-managed groups, deleted and created. */
  rotations: CoreRotation[];
  /** Managed groups, updated in place, never ahead of the control plane. */
  managedUpdates: Rotation[];
  skew: SkewPolicy;
  addons: AddonSchedule;
};

export type PlanRequest = {
  observation: Observation;
  to: KubernetesVersion;
  policy: PlanPolicy;
  /** The plan made before for the same run, whose pins are kept while EKS still offers them. */
  previous: Plan | null;
  /** Epoch milliseconds. */
  now: number;
};

export type PlanPolicy = {
  skew: SkewPolicy;
  /** What the fleet file allows for the cluster; the same as `skew` when it is left out. */
  allowedSkew?: SkewPolicy;
  coreGroups: readonly string[];
  /** Absent: no. */
  allowAmiFamilyChange?: boolean;
  /** The fleet file allows that eksctl overwrites what people set in self-managed add-ons. */
  overwriteAddons?: boolean;
  /** `none` when it is left out. */
  proveEmptyGroups?: ProveEmptyGroups;
  /** Whether what runs on an old core group is moved before that is deleted. Default: true. */
  drainsCore?: boolean;
};

/** A rotation of self-managed groups, with the names core groups have before and after it. */
export type CoreRotation = Rotation & { core: CoreMove[]; others: string[] };

/** `configured` is the name in the config, `from` and `to` the live names before and after the rotation. */
export type CoreMove = { configured: string; from: string; to: string };

export function draftPlan(request: PlanRequest): PlanDraft {
  const { observation, to, policy, previous } = request;
  const from = observation.cluster.version;
  const survey = surveyGroups(observation, policy.coreGroups);
  const ofKind = (kind: OurGroup['kind']): OurGroup[] => survey.ours.filter((group) => group.kind === kind);
  const selfManaged = ofKind('self-managed');
  const { skew, rotations } = scheduleRotations({ groups: selfManaged, from, to, skew: policy.skew });
  return {
    request,
    from,
    to,
    hops: hopsBetween(from, to),
    survey,
    rotations: nameCoreGroups(rotations, selfManaged),
    managedUpdates: scheduleRotations({ groups: ofKind('managed'), from, to, skew: 'supported' }).rotations,
    skew,
    addons: scheduleAddons(observation, to, previous),
  };
}

/** No hop, no rotation and no add-on to act on. */
export function isEmptyDraft({ hops, rotations, managedUpdates, addons }: PlanDraft): boolean {
  return hops.length + rotations.length + managedUpdates.length === 0 && !addons.at.some(actsOnAddons);
}

export function actsOnAddons({ addons }: AddonSchedule['at'][number]): boolean {
  return addons.some(({ kind }) => kind !== 'skip');
}

/**
 * A core group that lives already under its next name, proven at the version wanted: what a run leaves that stopped
 * between "create" and "delete". The create step finds it done.
 */
export function alreadyCreated(draft: PlanDraft): string[] {
  const first = draft.rotations[0];
  return draft.survey.strays
    .filter((stray) => first?.core.some(({ to }) => to === stray.name) === true)
    .filter((stray) => stray.kind === 'self-managed' && isSettled(stray) && versionOfGroup(stray) === first?.goal)
    .map(({ name }) => name);
}

function nameCoreGroups(rotations: readonly Rotation[], groups: readonly OurGroup[]): CoreRotation[] {
  const liveName = new Map(groups.filter(({ core }) => core).map(({ name }) => [name, name]));
  return rotations.map((rotation) => {
    const core = rotation.groups.flatMap((configured): CoreMove[] => {
      const from = liveName.get(configured);
      if (from === undefined) return [];
      // A name without a letter is refused (see refusals); the plan still shows what would happen.
      const to = alternateName(from) ?? `${from}-b`;
      liveName.set(configured, to);
      return [{ configured, from, to }];
    });
    return { ...rotation, core, others: rotation.groups.filter((name) => !liveName.has(name)) };
  });
}
