import { conflictingFields, describeUpdateErrors } from '#src/domain/eks-update-errors.ts';
import type { AddonAction } from '#src/domain/plan.ts';
import type { EksAddon, EksUpdate } from '#src/ports/eks.ts';
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
    const conflict = update.errors.filter(({ code }) => code === 'ConfigurationConflict');
    if (conflict.length > 0) return inConflict(action, { updateId, message, errors: conflict });
    return failed('AddonUpdateFailed', `EKS could not update ${action.name} to ${action.to}: ${message}`, {
      remedy,
      detail: `update ${updateId}, status ${update.status}`,
    });
  }
  return update.status === 'Successful' ? settle(context, { action, seen, updateId }) : wait(action, updateId);
}

/** Somebody changed what EKS manages, and EKS does not want to guess which value is right: a person decides. */
function inConflict(
  { name, to }: EksAction,
  { updateId, message, errors }: { updateId: string; message: string; errors: EksUpdate['errors'] },
): AddonResult {
  const fields = errors.flatMap((error) => conflictingFields(error.message));
  return {
    kind: 'failed',
    failure: {
      code: 'AddonConflict',
      message: `EKS could not update ${name} to ${to}: ${fields.length === 0 ? message : inTheWay(fields)}`,
      remedy: `Decide about each field that EKS names. Where EKS's own value is right, let it overwrite the one set by hand; where that one is right, put it into the configuration of ${name} (aws eks update-addon --configuration-values), where it lasts, then press Retry`,
      detail: [...fields, `# update ${updateId}`].join('\n'),
      choice: { kind: 'overwrite-add-on', addon: name, version: to, fields },
    },
  };
}

/** Which they are stands below in EKS's words: paths that nobody reads in the middle of a sentence. */
function inTheWay({ length }: string[]): string {
  return length === 1
    ? "a field was changed by hand, and conflicts with EKS's own value (ConfigurationConflict)"
    : `${length} fields were changed by hand, and conflict with EKS's own values (ConfigurationConflict)`;
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
  const overwrite = mayOverwrite(context, action) ? ({ overwrite: true } as const) : {};
  const request = { cluster: cluster.name, addon: action.name, version: action.to, token };
  const started = await cloud.eks.updateAddon({ ...request, ...overwrite });
  if (started.kind === 'started') return wait(action, started.updateId);
  const result = waitWhileInUse(context, { what: `the update of ${action.name}`, message: started.message });
  return result.kind === 'failed' ? result : { ...result, kind: 'under-way' };
}

/** A person decided so about this very update, when the step stopped last. */
function mayOverwrite({ run, step }: AddonsContext, { name, to }: EksAction): boolean {
  const last = run.stops.findLast(({ cause }) => cause.kind === 'step-failed' && cause.stepId === step.id);
  if (last?.resolution.kind !== 'retried') return false;
  const { overwrite } = last.resolution;
  return overwrite?.addon === name && overwrite.version === to;
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
