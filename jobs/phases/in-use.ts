import { failed, type PhaseContext, type PhaseResult, waitedMs } from '../phase.ts';

/** Longer than most of what EKS does to a cluster, and short enough that nobody waits for nothing all night (run time). */
const IN_USE_LIMIT_MS = 60 * 60_000;

/**
 * EKS refuses a change because something else is under way: an update of somebody else, of the configuration, of a node
 * group. It ends by itself, or somebody has to see to it.
 */
export function waitWhileInUse(
  context: Pick<PhaseContext<'control-plane'>, 'progress' | 'now'>,
  { what, message }: { what: string; message: string },
): Extract<PhaseResult, { kind: 'wait' | 'failed' }> {
  const text = `EKS to take ${what} (it says: ${message})`;
  if (waitedMs(context, text) <= IN_USE_LIMIT_MS) return { kind: 'wait', for: text, pollMs: 30_000 };
  return failed('ClusterInUse', `EKS has refused ${what} for an hour: ${message}`, {
    remedy: 'Look in the EKS console at what else is under way in this cluster, let it end, then press Retry',
  });
}
