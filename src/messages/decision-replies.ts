import type { People } from '#src/domain/fleet.ts';
import type { GateRecord } from '#src/domain/gate.ts';
import type { Plan } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import { describeStep } from '#src/domain/step-title.ts';
import { shortHash } from './actions.ts';
import { actions, sections } from './blocks.ts';
import { gateOutcome, gateWords } from './gate-words.ts';
import { type Message, type MessageOptions, type PlannedRun, subject, threadReply } from './message.ts';
import { byWhom, joined, outside, person } from './mrkdwn.ts';
import { planPages } from './plan-pages.ts';

/**
 * Edits notify nobody, so each plan that waits for a decision gets a reply of its own that names who may decide.
 * One a plan: when the cluster changed after an approval, the approvers are asked again with a new reply.
 */
export function approvalReplies(run: PlannedRun, options: MessageOptions): Message[] {
  const earlier = run.supersededPlan === null ? [] : [supersededReply(run.supersededPlan)];
  if (run.state.kind === 'observed') return planReplies(run);
  return wasAskedFor(run) ? [...earlier, ...planReplies(run), approvalReply(run, options)] : earlier;
}

function wasAskedFor({ state, plan }: PlannedRun): boolean {
  return (
    state.kind !== 'planning' &&
    state.kind !== 'refused' &&
    state.kind !== 'nothing-to-do' &&
    plan.refusals.length === 0
  );
}

function approvalReply(run: PlannedRun, { approvers }: MessageOptions): Message {
  const plan = `The plan for ${subject(run)}`;
  const text =
    decided(run, plan) ??
    `${plan} is ready to be decided on: the card above has the steps and the buttons. ${mentions(approvers, run)}`.trim();
  return threadReply({ key: `approval:${shortHash(run.plan.hash)}`, text, blocks: sections([text]) });
}

/** The plan in full, when the card cannot hold it: nobody approves what could not be read. */
function planReplies(run: PlannedRun): Message[] {
  return planPages(run).map((lines, i, pages) => {
    const text = `The plan for ${subject(run)} in full, part ${i + 1} of ${pages.length}.`;
    return threadReply({
      key: `plan:${shortHash(run.plan.hash)}:${i + 1}`,
      text,
      blocks: sections([`*${text}*`, ...lines]),
    });
  });
}

function decided(run: Run, plan: string): string | undefined {
  switch (run.state.kind) {
    case 'awaiting-approval':
      return undefined;
    case 'rejected':
      return `${plan} was rejected ${byWhom(run.state.decision)}.`;
    case 'withdrawn':
      return `${plan} was withdrawn ${byWhom(run.state.decision)}.`;
    case 'expired':
      return `${plan} has expired: nobody decided in time.`;
    default:
      return run.approval === null ? `${plan} was not decided on.` : `${plan} was approved ${byWhom(run.approval)}.`;
  }
}

function supersededReply(plan: Plan): Message {
  const text = `The earlier plan for ${outside(plan.cluster)} no longer counts, nor does its approval: the cluster has changed since. A new plan is on the card.`;
  return threadReply({ key: `approval:${shortHash(plan.hash)}`, text, blocks: sections([text]) });
}

/** Approvers as mentions; the requester cannot approve the own request. */
function mentions({ users, groups }: People, run: Run): string {
  const people = [
    ...groups.map((id) => `<!subteam^${outside(id, 20)}>`),
    ...users.filter((id) => id !== run.requestedBy).map(person),
  ];
  return joined(people, ' ', 600);
}

/** A gate waits for people, so it names them; it is no notice, because those who only use the cluster need not act. */
export function gateReplies(run: PlannedRun, options: MessageOptions): Message[] {
  return run.gates.map((gate, i) => gateReply(run, gate, { number: i + 1, ...options }));
}

function gateReply(
  run: PlannedRun,
  gate: GateRecord,
  { number, approvers }: MessageOptions & { number: number },
): Message {
  const step = run.plan.steps.find(({ id }) => id === gate.stepId);
  const words = gateWords(run, gate);
  const { headline } = words;
  const meaning = words.meaning(outside(step === undefined ? gate.stepId : describeStep(step)));
  const next = gateOutcome(words, gate) ?? words.choices;
  const isOpen = gate.resolution.kind === 'open';
  const asked = isOpen ? [[person(run.requestedBy), mentions(approvers, run)].join(' ').trim()] : [];
  return threadReply({
    key: `gate:${number}`,
    text: [headline, meaning, next, ...asked].join(' '),
    blocks: [...sections([`*${headline}*`, meaning, next, ...asked]), ...(isOpen ? [actions(words.buttons)] : [])],
  });
}
