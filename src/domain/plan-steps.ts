import { groupsToProve } from './empty-groups.ts';
import { expectedMinutes } from './expected-durations.ts';
import type { ExpectedGroup, Rename, Step, StepAction } from './plan.ts';
import { actsOnAddons, type CoreRotation, type PlanDraft } from './plan-draft.ts';
import type { KubernetesVersion } from './version.ts';

/** Steps that come one after the other. */
type Strand = StepAction[];

/**
 * `strands` may go on side by side: the next stage begins when all of them are done. `trailing` comes after the last of them
 * alone and goes on beside the next stage: only the one after that waits for it.
 */
type Stage = { strands: Strand[]; trailing?: Strand };

/**
 * A draft written down as steps. The first three look and change nothing in the cluster; then each hop of the control
 * plane is followed by its add-ons, beside which the new core groups are created, and by the rest of the rotations due
 * there; the end is seen and committed. See docs/adr/0005 for what may overlap and what may not.
 */
export function planSteps(draft: PlanDraft): Step[] {
  const steps: Step[] = [];
  const write = (strand: Strand, before: string[]): string[] => {
    let after = before;
    for (const action of strand) {
      const minutes = expectedMinutes(action, draft.request.observation.nodeGroups);
      const id = stepId(action);
      steps.push({ id, after, expectedMinutes: minutes, ...action });
      after = [id];
    }
    return strand.length === 0 ? [] : after;
  };
  let before: string[] = [];
  let trailed: string[] = [];
  for (const { strands, trailing = [] } of stagesOf(draft)) {
    const ends = strands.map((strand) => write(strand, before));
    before = [...trailed, ...ends.flat()];
    trailed = write(trailing, ends.at(-1) ?? []);
  }
  return steps;
}

function stagesOf(draft: PlanDraft): Stage[] {
  const { hops, addons, from, to } = draft;
  const stages: Stage[] = [
    stage([{ phase: 'preflight' }]),
    stage([{ phase: 'template-drift' }], [{ phase: 'access' }]),
    stage(addons.before === null ? [] : [addonsStep(addons.before)]),
    ...changesAt(draft, from, hops.length === 0 ? addons.at.filter(actsOnAddons) : []),
    ...hops.flatMap((hop, index): Stage[] => [
      stage([{ phase: 'control-plane', from: hops[index - 1] ?? from, to: hop }]),
      ...changesAt(
        draft,
        hop,
        addons.at.filter(({ version }) => version === hop),
      ),
    ]),
    stage([{ phase: 'verify', version: to, nodeGroups: expectedGroups(draft) }]),
    stage([{ phase: 'commit-config', version: to, renames: finalRenames(draft) }]),
  ];
  return stages.filter(({ strands }) => strands.length > 0);
}

function stage(...strands: Strand[]): Stage {
  return { strands: strands.filter((strand) => strand.length > 0) };
}

/** While the control plane is at `at`: eksctl serves add-ons before groups, whose creation takes minutes. */
function changesAt(draft: PlanDraft, at: KubernetesVersion, addons: PlanDraft['addons']['at']): Stage[] {
  const [first = stage(), ...others] = rotationStages(draft, at);
  const strands = [addons.map(addonsStep), ...first.strands].filter((strand) => strand.length > 0);
  return [{ ...first, strands }, ...others];
}

function addonsStep({ version, addons }: PlanDraft['addons']['at'][number]): StepAction {
  return { phase: 'add-ons', version, addons };
}

/** The first stage changes nothing that people use, or is empty. */
function rotationStages(draft: PlanDraft, at: KubernetesVersion): Stage[] {
  const renames = renamesThroughout(draft);
  const rotations = draft.rotations.flatMap((rotation, index) =>
    rotation.at === at ? [rotationActions(draft, rotation, renames[index] ?? NO_RENAMES)] : [],
  );
  const managed = draft.managedUpdates
    .filter((update) => update.at === at)
    .map(({ goal, groups }) => stage([{ phase: 'node-groups', version: goal, action: 'update-managed', groups }]));
  return [...(rotations.length === 0 ? [stage()] : rotations.flat()), ...managed];
}

/**
 * The core group's replacement stands before anything is deleted; names of other groups are free only after that. The old
 * core group has nodes, so it takes longest to go: first what runs there moves, then its stack goes. It begins as soon as
 * the new one stands, nothing but the end waits for it, and what people use is deleted only when the add-ons are proven.
 * The rendered copy of a command holds the core groups under the names they live by at that moment: the deletion
 * needs the old ones, all else the new ones.
 */
function rotationActions(draft: PlanDraft, rotation: CoreRotation, renames: RotationRenames): Stage[] {
  const { goal: version, core, others } = rotation;
  const { drainsCore = true } = draft.request.policy;
  const common = { phase: 'node-groups', version } as const;
  const [fresh, old] = [core.map(({ to }) => to), core.map(({ from }) => from)];
  const createCore: Strand = [{ ...common, action: 'create', role: 'core', groups: fresh, renames: renames.after }];
  const deleteCore: Strand = [
    {
      ...common,
      action: 'delete',
      role: 'core',
      ...(drainsCore ? {} : { drain: false }),
      groups: old,
      renames: renames.before,
    },
  ];
  const replaceOthers: Strand = [
    { ...common, action: 'delete', groups: others, renames: renames.before },
    { ...common, action: 'create', role: 'others', groups: others, renames: renames.after },
    ...proofs(draft, rotation),
  ];
  if (core.length === 0) return [stage(), stage(replaceOthers)];
  if (others.length === 0) return [stage([...createCore, ...deleteCore])];
  return [{ ...stage(createCore), trailing: deleteCore }, stage(replaceOthers)];
}

/** Groups that want no nodes show nothing by themselves; the old core group is still going away meanwhile. */
function proofs({ survey, request: { policy } }: PlanDraft, { goal: version, others }: CoreRotation): StepAction[] {
  const created = survey.ours.filter(({ name }) => others.includes(name));
  const groups = groupsToProve(created, policy.proveEmptyGroups ?? 'none');
  return groups.length === 0 ? [] : [{ phase: 'node-groups', version, action: 'prove', groups }];
}

type RotationRenames = { before: Rename[]; after: Rename[] };

const NO_RENAMES: RotationRenames = { before: [], after: [] };

/** For each rotation, how the live core groups are called before and after it, where the config says otherwise. */
function renamesThroughout({ rotations }: PlanDraft): RotationRenames[] {
  const names = new Map<string, string>();
  const current = (): Rename[] => [...names].filter(([from, to]) => from !== to).map(([from, to]) => ({ from, to }));
  return rotations.map(({ core }) => {
    const before = current();
    for (const { configured, to } of core) names.set(configured, to);
    return { before, after: current() };
  });
}

function finalRenames(draft: PlanDraft): Rename[] {
  return renamesThroughout(draft).at(-1)?.after ?? [];
}

function expectedGroups(draft: PlanDraft): ExpectedGroup[] {
  const final = new Map(finalRenames(draft).map(({ from, to }) => [from, to]));
  return draft.survey.ours.map(({ name, kind }) => ({ name: final.get(name) ?? name, kind }));
}

/** Stable and readable; no two steps of a plan share one, because every rotation has another goal. */
function stepId(action: StepAction): string {
  switch (action.phase) {
    case 'preflight':
    case 'template-drift':
    case 'access':
    case 'verify':
    case 'commit-config':
      return action.phase;
    case 'control-plane':
      return `control-plane-${action.to}`;
    case 'add-ons':
      return `add-ons-${action.version}`;
    case 'node-groups':
      return ['node-groups', action.version, action.action, 'role' in action ? action.role : []].flat().join('-');
    default:
      return action satisfies never;
  }
}
