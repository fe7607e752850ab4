import type { AddonAction } from '#src/domain/plan.ts';
import type { PhaseContext, PhaseResult, PhaseRunner } from '../phase.ts';
import { updateEksAddon } from './add-ons-eks.ts';
import { updateSelfManagedAddon } from './add-ons-eksctl.ts';

export type AddonsContext = PhaseContext<'add-ons'>;

/** One add-on's answer: `next` with its evidence, or what the whole step does meanwhile. */
export type AddonResult = { kind: 'next'; evidence: string; notes?: string[] } | Exclude<PhaseResult, { kind: 'done' }>;

/**
 * One add-on after the other, in the plan's order. `memory.next` says which one it is at, `memory.evidence` what was
 * seen of those before; an add-on that is where it should be is seen so again and passed over.
 */
export const addOns: PhaseRunner<'add-ons'> = async (context) => {
  const { step, progress } = context;
  let seen = progress.memory;
  let notes = progress.notes;
  for (let index = Number(seen.next ?? 0); index < step.addons.length; index += 1) {
    const action = step.addons[index];
    if (action === undefined) break;
    const result = await advanceAddon({ ...context, progress: { ...progress, memory: seen, notes } }, action);
    if (result.kind !== 'next') return result.kind === 'wait' || result.kind === 'command' ? keep(result, seen, notes) : result;
    seen = { next: String(index + 1), evidence: JSON.stringify([...evidenceOf(seen), result.evidence]) };
    notes = [...notes, ...(result.notes ?? [])];
  }
  return { kind: 'done', evidence: evidenceOf(seen), notes };
};

function advanceAddon(context: AddonsContext, action: AddonAction): Promise<AddonResult> {
  switch (action.kind) {
    case 'skip':
      return Promise.resolve({ kind: 'next', evidence: `${action.name} skipped: ${action.why}` });
    case 'eks':
      return updateEksAddon(context, action);
    case 'eksctl':
      return updateSelfManagedAddon(context, action.name);
    default:
      action satisfies never;
      throw new Error(`unknown add-on action ${JSON.stringify(action)}`);
  }
}

type Parked = Extract<PhaseResult, { kind: 'wait' | 'command' }>;

function keep(result: Parked, seen: Record<string, string>, notes: string[]): Parked {
  return { ...result, memory: { ...seen, ...result.memory }, notes: [...notes, ...(result.notes ?? [])] };
}

function evidenceOf(memory: Record<string, string>): string[] {
  return memory.evidence === undefined ? [] : (JSON.parse(memory.evidence) as string[]);
}

