import { describeUpdateErrors } from '#src/domain/eks-update-errors.ts';
import type { AddonAction } from '#src/domain/plan.ts';
import type { EksAddon } from '#src/ports/eks.ts';
import { idsOf } from '../ids-of.ts';
import { failed, requestToken, waitedMs } from '../phase.ts';
import type { AddonResult, AddonsContext, UnderWay } from './add-on-result.ts';
import { waitWhileInUse } from './in-use.ts';

const HEALTHY_LIMIT_MS = 15 * 60_000;

type EksAction = Extract<AddonAction, { kind: 'eks' }>;

/** An add-on that EKS manages: UpdateAddon to the pinned version, done when DescribeAddon shows it ACTIVE there. */
export async function updateEksAddon(context: AddonsContext, action: EksAction): Promise<AddonResult> {
  const { cluster, cloud, progress } = context;
  const seen = await cloud.eks.describeAddon(cluster.name, action.name);
  if (seen === null) {
    return failed('AddonGone', `EKS no longer manages ${action.name} in ${cluster.name}`, {
      remedy: 'Abort, and ask for the upgrade again to get a plan from what is there now',
    });
  }
  if (seen.version === action.to && seen.status === 'ACTIVE') {
    return { kind: 'next', evidence: `EKS shows ${action.name} ACTIVE at ${action.to}` };
  }
  const updateId = progress.memory[updateKey(action)];
  if (updateId === undefined) return startUpdate(context, action);
  const update = await cloud.eks.describeUpdate({ cluster: cluster.name, updateId, addon: action.name });
  if (update.status === 'Failed' || update.status === 'Cancelled') {
    const { message, remedy } = describeUpdateErrors(update.errors);
    return failed('AddonUpdateFailed', `EKS could not update ${action.name} to ${action.to}: ${message}`, {
      remedy,
      detail: `update ${updateId}, status ${update.status}`,
    });
  }
  return update.status === 'Successful' ? settle(context, { action, seen, updateId }) : wait(action, updateId);
}

/** EKS may call the update of an add-on successful whose pods do not run: it is then DEGRADED, for as long as they do not. */
function settle(
  context: AddonsContext,
  { action, seen, updateId }: { action: EksAction; seen: EksAddon; updateId: string },
): AddonResult {
  const at = seen.version === action.to ? '' : ` at ${seen.version}`;
  const what = `${action.name} to be ACTIVE at ${action.to} (EKS shows it ${seen.status}${at})`;
  if (waitedMs(context, what) <= HEALTHY_LIMIT_MS) return { ...wait(action, updateId), for: what };
  return failed(
    'AddonNotHealthy',
    `EKS calls the update of ${action.name} successful, but shows it ${seen.status} at ${seen.version}`,
    {
      remedy: `Look at the pods of ${action.name} in kube-system, then press Retry`,
      detail: seen.healthIssues.map(({ code, message }) => `${code}: ${message}`).join('\n') || null,
    },
  );
}

async function startUpdate(context: AddonsContext, action: EksAction): Promise<AddonResult> {
  const { deps, cluster, cloud, run, step, confirmClaim } = context;
  await confirmClaim();
  deps.log.info(idsOf(run, step), `updating ${action.name} to ${action.to}`);
  const token = requestToken(context, updateKey(action));
  const started = await cloud.eks.updateAddon({ cluster: cluster.name, addon: action.name, version: action.to, token });
  if (started.kind === 'started') return wait(action, started.updateId);
  const result = waitWhileInUse(context, { what: `the update of ${action.name}`, message: started.message });
  return result.kind === 'failed' ? result : { ...result, kind: 'under-way' };
}

function wait(action: EksAction, updateId: string): UnderWay {
  return {
    kind: 'under-way',
    for: `EKS to update ${action.name} to ${action.to} (update ${updateId})`,
    pollMs: 15_000,
    memory: { [updateKey(action)]: updateId },
  };
}

/** An add-on may be moved in several steps within one hop: each has its own update. */
function updateKey({ name, to }: EksAction): string {
  return `update:${name}:${to}`;
}
