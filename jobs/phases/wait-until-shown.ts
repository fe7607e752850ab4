import { commandOf, type PhaseContext, type PhaseResult } from '../phase.ts';

/** AWS may show for a while what was before (run time). */
const SHOWN_AFTER_MS = 60_000;

/**
 * eksctl has ended, and AWS shows nothing of what it was to do: that means something only when AWS has had the time to
 * show it. null: it has.
 */
export function waitUntilShown(context: PhaseContext<'node-groups'>, what: string): PhaseResult | null {
  const command = commandOf(context);
  const endedAt = command?.state.kind === 'ended' ? command.state.at : 0;
  const { now, progress } = context;
  return now - endedAt < SHOWN_AFTER_MS ? { kind: 'wait', for: what, pollMs: 15_000, memory: progress.memory } : null;
}
