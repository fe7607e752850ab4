import { expectedMinutes } from './expected-durations.ts';
import type { ExpectedGroup, Rename, Step, StepAction } from './plan.ts';
import { actsOnAddons, type CoreRotation, type PlanDraft } from './plan-draft.ts';
import type { KubernetesVersion } from './version.ts';

/**
 * A draft written down as steps. The first three look and change nothing in the cluster; then each hop of the control
 * plane is followed by its add-ons and by the rotations due there, one after the other; the end is seen and committed.
 */
export function planSteps(draft: PlanDraft): Step[] {
  const changes = changesInOrder(draft);
  const first = ['template-drift', 'access'];
  const timed = (id: string, after: string[], action: StepAction): Step => {
    return { id, after, expectedMinutes: expectedMinutes(action, draft.request.observation.nodeGroups), ...action };
  };
  return [
    timed('preflight', [], { phase: 'preflight' }),
    timed('template-drift', ['preflight'], { phase: 'template-drift' }),
    timed('access', ['preflight'], { phase: 'access' }),
    ...changes.map((action, index) => {
      const before = changes[index - 1];
      return timed(stepId(action), before === undefined ? first : [stepId(before)], action);
    }),
  ];
}

function changesInOrder(draft: PlanDraft): StepAction[] {
  const { hops, addons, from, to } = draft;
  const renames = renamesThroughout(draft);
  return [
    ...(addons.before === null ? [] : [addonsStep(addons.before)]),
    ...(hops.length === 0 ? addons.at.filter(actsOnAddons).map(addonsStep) : []),
    ...groupActions(draft, from, renames),
    ...hops.flatMap((hop, index): StepAction[] => [
      { phase: 'control-plane', from: hops[index - 1] ?? from, to: hop },
      ...addons.at.filter(({ version }) => version === hop).map(addonsStep),
      ...groupActions(draft, hop, renames),
    ]),
    { phase: 'verify', version: to, nodeGroups: expectedGroups(draft) },
    { phase: 'commit-config', version: to, renames: finalRenames(draft) },
  ];
}

function addonsStep({ version, addons }: PlanDraft['addons']['at'][number]): StepAction {
  return { phase: 'add-ons', version, addons };
}

function groupActions(draft: PlanDraft, at: KubernetesVersion, renames: readonly RotationRenames[]): StepAction[] {
  return [
    ...draft.rotations.flatMap((rotation, index) =>
      rotation.at === at ? rotationActions(rotation, renames[index] ?? NO_RENAMES) : [],
    ),
    ...draft.managedUpdates
      .filter((update) => update.at === at)
      .map(({ goal, groups }): StepAction => {
        return { phase: 'node-groups', version: goal, action: 'update-managed', groups };
      }),
  ];
}

/**
 * The core group's replacement stands before anything is deleted; names of other groups are free only after that.
 * The rendered copy of a command holds the core groups under the names they live by at that moment: the deletion
 * needs the old ones, all else the new ones.
 */
function rotationActions({ goal: version, core, others }: CoreRotation, renames: RotationRenames): StepAction[] {
  const create = (role: 'core' | 'others', groups: string[]): StepAction[] =>
    groups.length === 0
      ? []
      : [{ phase: 'node-groups', version, action: 'create', role, groups, renames: renames.after }];
  const deleted = [...core.map(({ from }) => from), ...others];
  return [
    ...create(
      'core',
      core.map(({ to }) => to),
    ),
    { phase: 'node-groups', version, action: 'delete', groups: deleted, renames: renames.before },
    ...create('others', others),
  ];
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
      return `node-groups-${action.version}-${action.action}${action.action === 'create' ? `-${action.role}` : ''}`;
    default:
      return action satisfies never;
  }
}
