import type { AddonAction } from '#src/domain/plan.ts';
import type { PhaseRunner } from '../phase.ts';
import type { AddonResult, AddonsContext, UnderWay } from './add-on-result.ts';
import { updateEksAddon } from './add-ons-eks.ts';
import { updateSelfManagedAddon } from './add-ons-eksctl.ts';

/**
 * The add-ons in the plan's order, each begun as soon as the ones before it need nobody any more: order does not matter
 * between them. kube-proxy is replaced alone, when all before it are where they should be, which is the careful order.
 * `memory` has `seen:<position>` with the evidence of those that are done: they are passed over.
 */
export const addOns: PhaseRunner<'add-ons'> = async (context) => {
  const { step, progress } = context;
  const seen: Seen = { memory: progress.memory, notes: progress.notes };
  const underWay: UnderWay[] = [];
  const begun = new Set<string>();
  for (const [position, action] of step.addons.entries()) {
    if (seen.memory[seenKey(position)] !== undefined) continue;
    if (underWay.length > 0 && (action.name === 'kube-proxy' || begun.has('kube-proxy'))) break;
    // The next of several versions of one add-on; the others need not wait for it.
    if (begun.has(action.name)) continue;
    const result = await advanceAddon({ ...context, progress: { ...progress, ...seen } }, action);
    if (result.kind === 'gate' || result.kind === 'failed') return result;
    const before = { ...seen };
    seen.notes = [...seen.notes, ...(result.notes ?? [])];
    if (result.kind === 'next') {
      seen.memory = { ...seen.memory, [seenKey(position)]: result.evidence };
      continue;
    }
    seen.memory = { ...seen.memory, ...result.memory };
    if (result.kind === 'command') return { ...result, ...seen, meanwhile: before };
    if (result.kind !== 'under-way') return { ...result, ...seen };
    underWay.push(result);
    begun.add(action.name);
  }
  const [first] = underWay;
  if (first === undefined) return { kind: 'done', evidence: evidenceOf(step.addons.length, seen), notes: seen.notes };
  return { ...first, ...seen, kind: 'wait', pollMs: Math.min(...underWay.map(({ pollMs }) => pollMs)) };
};

type Seen = { memory: Record<string, string>; notes: string[] };

function seenKey(position: number): string {
  return `seen:${position}`;
}

function evidenceOf(addons: number, { memory }: Seen): string[] {
  return Array.from({ length: addons }, (_, position) => memory[seenKey(position)] ?? '').filter(Boolean);
}

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
