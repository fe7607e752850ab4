import type { People } from '#src/domain/fleet.ts';
import type { Plan, Step } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import type { Block } from './blocks.ts';

/** A message that should exist in Slack. `text` is what screen readers and notifications say: a full sentence with the state. */
export type Message = {
  /** Stable within the run. */
  key: string;
  /** Key of the message whose thread this is a reply in; null: in the channel. */
  parent: string | null;
  /** A thread reply that is also shown in the channel, and notifies. */
  broadcast: boolean;
  text: string;
  blocks: Block[];
};

/** Who is asked to decide. A `Fleet` fits. */
export type MessageOptions = { approvers: People };

/** A run that has begun its first step. */
export type StartedRun = Run & { plan: Plan; startedAt: number };

export function hasStarted(run: Run): run is StartedRun {
  return run.plan !== null && run.startedAt !== null;
}

/** A run whose plan is there. */
export type PlannedRun = Run & { plan: Plan };

export function hasPlan(run: Run): run is PlannedRun {
  return run.plan !== null;
}

export const CARD = 'card';

export function threadReply(reply: Omit<Message, 'parent' | 'broadcast'>): Message {
  return { ...reply, parent: CARD, broadcast: false };
}

export function notice(reply: Omit<Message, 'parent' | 'broadcast'>): Message {
  return { ...reply, parent: CARD, broadcast: true };
}

/** `coast from 1.22 to 1.24`; before there is a plan, `coast to 1.24`. */
export function subject(run: Run): string {
  return run.plan === null ? `${run.cluster} to ${run.to}` : `${run.cluster} from ${run.plan.from} to ${run.plan.to}`;
}

/** `steps 7 and 8 of 11` */
export function stepNumbers(plan: Plan, [first, ...others]: readonly [Step, ...Step[]]): string {
  if (others.length === 0) return stepNumber(plan, first);
  const numbers = [first, ...others].map((step) => plan.steps.indexOf(step) + 1);
  return `steps ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)} of ${plan.steps.length}`;
}

/** `step 3 of 11` */
export function stepNumber(plan: Plan, step: Step): string {
  return `step ${plan.steps.indexOf(step) + 1} of ${plan.steps.length}`;
}
