import type { Activity } from '#src/domain/observation.ts';
import type { AddonAction, Plan, PlanNote, Step } from '#src/domain/plan.ts';
import { minutesTogether } from '#src/domain/plan-minutes.ts';
import { isNotSeen } from '#src/domain/self-mapping.ts';
import { describeAddon, describeStep } from '#src/domain/step-title.ts';
import { aboutMinutes, code, countOf, joined, names, outside, sentence, sentenceList, when } from './mrkdwn.ts';
import { whatUsersNotice } from './users-notice.ts';

/** How much the parts that may be long may take: on the card, and in the thread where the plan stands in full. */
const SIZES = {
  card: { groupList: 900, notes: 3500, addons: 700 },
  full: { groupList: 2800, notes: 20_000, addons: 2800 },
} as const;

export type PlanDetail = keyof typeof SIZES;

/** What an approver must know, as lines; the most important first. */
export function planLines(plan: Plan, detail: PlanDetail): string[] {
  const sizes = SIZES[detail];
  return [
    ...noteLines('Warnings: read these first', warningsOf(plan), sizes.notes),
    ...skewLines(plan),
    ...activityLines(plan),
    '*What users will notice, in this order*',
    ...whatUsersNotice(plan).map((text, i) => `${i + 1}. ${text}`),
    ...groupLines(plan.steps, sizes.groupList),
    ...addonLines(plan.steps, sizes.addons),
    `*Steps* (${aboutMinutes(minutesTogether(plan.steps))} in all)`,
    ...plan.steps.map((step, i) => `${i + 1}. ${outside(describeStep(step))}, ${aboutMinutes(step.expectedMinutes)}`),
  ];
}

/** A line must fit a section. */
const LONGEST_NOTE = 2800;

/** Shortened evenly when they are too long together, so that each of them is there. */
export function noteLines(title: string, notes: readonly PlanNote[], maxChars: number = SIZES.card.notes): string[] {
  if (notes.length === 0) return [];
  const share = fitsIn(notes, maxChars) ? LONGEST_NOTE : Math.max(120, Math.floor(maxChars / notes.length));
  return [`*${title}*`, ...notes.map((note) => `• ${sentence(outside(note.text, share))}${inThread(note)}`)];
}

function inThread({ detail = [] }: PlanNote): string {
  return detail.length === 0 ? '' : ' The thread shows them line by line.';
}

function fitsIn(notes: readonly PlanNote[], maxChars: number): boolean {
  return notes.reduce((sum, { text }) => sum + text.length + 3, 0) <= maxChars;
}

/** Activity has lines of its own. */
function warningsOf(plan: Plan): PlanNote[] {
  return plan.warnings.filter(({ id }) => id !== 'activity');
}

function skewLines(plan: Plan): string[] {
  if (plan.skew === 'supported' || plan.warnings.some(({ id }) => id === 'nodes-ahead')) return [];
  return [
    '*Version skew: not supported by Kubernetes*',
    '• This plan follows the `runbook` policy: nodes may be up to two minor versions newer than the control plane, to save a rotation. Kubernetes does not support nodes newer than the control plane.',
  ];
}

function activityLines({ activity, madeAt, warnings }: Plan): string[] {
  if (isNotSeen({ warnings }))
    return ['*In use*', '• Not known: the bot cannot look yet. Users are counted before anything is deleted.'];
  const warning = warnings.find(({ id }) => id === 'activity');
  const inUse = warning === undefined ? `${activityText(activity)}.` : sentence(outside(warning.text, 900));
  const state =
    activity.total === 0
      ? 'Nobody: no pods of users were found. They are counted again before anything is deleted.'
      : inUse;
  return [`*In use, as of ${when(madeAt)}*`, `• ${state}`];
}

/** `3 pods of users (prod: 2, staging: 1)` */
export function activityText({ total, byNamespace }: Activity): string {
  const counts = Object.entries(byNamespace)
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([namespace, count]) => `${outside(namespace, 80)}: ${count}`);
  const where = counts.length === 0 ? '' : ` (${joined(counts, ', ', 400)})`;
  return `${countOf(total, 'pod')} of users${where}`;
}

/** The include lists, as they go to eksctl. */
function groupLines(steps: readonly Step[], maxChars: number): string[] {
  const lines = steps.flatMap((step) => {
    if (step.phase !== 'node-groups') return [];
    const list = names(step.groups, maxChars);
    const count = countOf(step.groups.length, 'group');
    switch (step.action) {
      case 'create':
        return [
          `• ${step.role === 'core' ? 'Create the new core group' : `Create ${count}`} at ${step.version}: ${list}`,
        ];
      case 'delete':
        return [`• Delete ${step.role === 'core' ? 'the old core group' : count}: ${list}`];
      case 'prove':
        return [`• Prove by a node each, for a few minutes: ${list}`];
      case 'update-managed':
        return [`• Update ${count} in place to ${step.version}: ${list}`];
      default:
        return step satisfies never;
    }
  });
  return lines.length === 0 ? [] : ['*Node groups, in this order*', ...lines];
}

function addonLines(steps: readonly Step[], maxChars: number): string[] {
  const lines = steps.flatMap((step) =>
    step.phase === 'add-ons' && step.addons.length > 0
      ? [`• At ${step.version}: ${joined(addonTexts(step.addons), ', ', maxChars)}`]
      : [],
  );
  return lines.length === 0 ? [] : ['*Add-ons*', ...lines];
}

/** Those that eksctl updates have no version of their own to name, so they are named together. */
function addonTexts(addons: readonly AddonAction[]): string[] {
  const byEksctl = addons.filter(({ kind }) => kind === 'eksctl').map(({ name }) => outside(name));
  const others = addons.filter(({ kind }) => kind !== 'eksctl').map((addon) => outside(describeAddon(addon)));
  const together = byEksctl.length === 0 ? [] : [`${sentenceList(byEksctl)} to the version embedded in eksctl`];
  return [...others, ...together];
}

/** What an approver of an earlier plan has to look at again. */
export function changeLines(before: Plan, now: Plan): string[] {
  const added = missingIn(before, now).map((line) => `• New: ${line}`);
  const dropped = missingIn(now, before).map((line) => `• No longer: ${line}`);
  const all = [...dropped, ...added];
  const shown = all.slice(0, 20);
  const left = all.length - shown.length;
  const lines = all.length === 0 ? ['• The order of the steps, or what they are for.'] : shown;
  return [
    '*What is different from the plan that was approved before*',
    ...lines,
    ...(left === 0 ? [] : [`• and ${left} more`]),
  ];
}

/** The statements of `of` that `plan` does not make. */
function missingIn(plan: Plan, of: Plan): string[] {
  const known = new Set(statements(plan).map(({ key }) => key));
  return statements(of)
    .filter(({ key }) => !known.has(key))
    .map(({ text }) => text);
}

/** Two statements are the same when their keys are; warnings may count differently and still be the same warning. */
type Statement = { key: string; text: string };

function statements(plan: Plan): Statement[] {
  const sameAsText = (text: string): Statement => ({ key: text, text });
  return [
    sameAsText(`from ${plan.from} to ${plan.to}`),
    sameAsText(`skew policy ${plan.skew}`),
    ...plan.warnings.map(({ id, text }) => ({ key: `warning ${id}`, text: `warning: ${outside(text, 200)}` })),
    ...plan.steps.flatMap(stepStatements).map(sameAsText),
  ];
}

function stepStatements(step: Step): string[] {
  if (step.phase === 'add-ons')
    return step.addons.map((addon) => `add-ons for ${step.version}: ${outside(describeAddon(addon), 200)}`);
  if (step.phase !== 'node-groups') return [outside(describeStep(step), 200)];
  const verb = {
    create: `create at ${step.version}`,
    delete: 'delete',
    'update-managed': `update to ${step.version}`,
    prove: `prove by a node at ${step.version}`,
  }[step.action];
  return step.groups.map((group) => `${verb}: node group ${code(group)}`);
}
