import { describeUpdateErrors } from '#src/domain/eks-update-errors.ts';
import type { EksCluster } from '#src/ports/eks.ts';
import { idsOf } from '../ids-of.ts';
import {
  failed,
  type PhaseContext,
  type PhaseResult,
  type PhaseRunner,
  pollMs,
  requestToken,
  waitedMs,
} from '../phase.ts';
import { waitWhileInUse } from './in-use.ts';

type Context = PhaseContext<'control-plane'>;
type Seen = Pick<EksCluster, 'status' | 'version'>;

/**
 * One hop. Done is what DescribeCluster shows, never the update's own word. An update to the same version that somebody
 * else (or an earlier life of this worker) began is adopted.
 */
export const controlPlane: PhaseRunner<'control-plane'> = async (context) => {
  const { cluster, cloud, step, progress } = context;
  if (progress.memory.update !== undefined) return followUpdate(context, progress.memory.update);
  const seen = await cloud.eks.describeCluster(cluster.name);
  if (isThere(seen, step)) return done(step, 'it was there before this step');
  // An update in flight makes it UPDATING; one that is not shown yet EKS refuses, and the next look sees whose it is.
  if (seen.status === 'ACTIVE' && seen.version === step.from) return startUpdate(context);
  const [inFlight] = await cloud.eks.updatesInProgress(cluster.name);
  if (inFlight !== undefined && inFlight.version === step.to) {
    return {
      ...waitForUpdate(context, inFlight.id),
      notes: [`adopted update ${inFlight.id}, which was in flight already`],
    };
  }
  if (inFlight !== undefined || seen.status !== 'ACTIVE') {
    const what =
      inFlight === undefined
        ? `cluster ${cluster.name} to be ACTIVE (it is ${seen.status})`
        : `another update (${inFlight.type} ${inFlight.id}) to end`;
    return { kind: 'wait', for: what, pollMs: 30_000 };
  }
  return failed(
    'UnexpectedVersion',
    `the control plane is at ${seen.version}, and this step goes from ${step.from} to ${step.to}`,
    {
      remedy: 'Somebody changed the cluster: abort, and ask for the upgrade again to get a plan from where it is now',
    },
  );
};

function isThere({ version, status }: Seen, { to }: Context['step']): boolean {
  return version === to && status === 'ACTIVE';
}

function done({ to }: Context['step'], how: string): PhaseResult {
  return { kind: 'done', evidence: [`EKS shows the control plane ACTIVE at ${to}`, how] };
}

async function startUpdate(context: Context): Promise<PhaseResult> {
  const { deps, cluster, cloud, step, run, confirmClaim } = context;
  await confirmClaim();
  deps.log.info(idsOf(run, step), `updating the control plane to ${step.to}`);
  const started = await cloud.eks.updateClusterVersion({
    cluster: cluster.name,
    version: step.to,
    token: requestToken(context),
  });
  return started.kind === 'started'
    ? waitForUpdate(context, started.updateId)
    : waitWhileInUse(context, { what: `the update to ${step.to}`, message: started.message });
}

/** EKS shows the version within moments of calling the update successful; never means that somebody took it back. */
const SHOWN_LIMIT_MS = 15 * 60_000;

/** While the update is in progress one call a look is enough; afterwards the cluster itself is asked. */
async function followUpdate(context: Context, updateId: string): Promise<PhaseResult> {
  const { cluster, cloud, step } = context;
  const update = await cloud.eks.describeUpdate({ cluster: cluster.name, updateId });
  if (update.status === 'InProgress') return waitForUpdate(context, updateId);
  const seen = await cloud.eks.describeCluster(cluster.name);
  if (isThere(seen, step)) return done(step, `update ${updateId}`);
  switch (update.status) {
    case 'Successful': {
      const what = `EKS to show ${step.to} (update ${updateId} is successful)`;
      if (waitedMs(context, what) <= SHOWN_LIMIT_MS)
        return { ...waitForUpdate(context, updateId), for: what, pollMs: 15_000 };
      return failed(
        'VersionNotShown',
        `EKS calls update ${updateId} successful, but shows the control plane ${seen.status} at ${seen.version}`,
        {
          remedy: 'Look at the updates of the cluster in the EKS console, then press Retry',
        },
      );
    }
    case 'Failed':
    case 'Cancelled': {
      const { message, remedy } = describeUpdateErrors(update.errors);
      return failed('ControlPlaneUpdateFailed', `EKS could not update the control plane to ${step.to}: ${message}`, {
        remedy: `EKS shows the control plane ${seen.status} at ${seen.version}. ${remedy}`,
        detail: `update ${updateId}, status ${update.status}`,
      });
    }
    default:
      update.status satisfies never;
      throw new Error(`unknown update status ${String(update.status)}`);
  }
}

function waitForUpdate({ step, progress, now }: Context, updateId: string): Extract<PhaseResult, { kind: 'wait' }> {
  return {
    kind: 'wait',
    for: `EKS to update the control plane to ${step.to} (update ${updateId})`,
    pollMs: pollMs({ elapsedMs: now - progress.at, expectedMs: step.expectedMinutes * 60_000 }),
    memory: { ...progress.memory, update: updateId },
  };
}
