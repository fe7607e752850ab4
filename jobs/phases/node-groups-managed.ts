import { describeUpdateErrors } from '#src/domain/eks-update-errors.ts';
import { proveGroup } from '#src/domain/group-proof.ts';
import type { EksUpdate, ManagedNodeGroup } from '#src/ports/eks.ts';
import { idsOf } from '../ids-of.ts';
import { failed, type PhaseResult, pollMs, requestToken, waitedMs } from '../phase.ts';
import { keep, phaseOut } from '../phase-out.ts';
import { seeNodeGroups } from '../see-cluster.ts';
import { waitWhileInUse } from './in-use.ts';
import type { NodeGroupsContext } from './node-groups-context.ts';

type Context = NodeGroupsContext<'update-managed'>;

const NODES_LIMIT_MS = 30 * 60_000;

/**
 * EKS replaces the nodes of a managed group itself, and drains them itself. All groups of the step are updated at the
 * same time; each is done when EKS shows it ACTIVE and its nodes are Ready at the version.
 */
export async function updateManagedGroups(context: Context): Promise<PhaseResult> {
  const { cloud, cluster, step, progress } = context;
  const seen = await seeNodeGroups(cloud, cluster.name);
  const managed = await cloud.eks.managedNodeGroups(cluster.name);
  const proofs = step.groups.map((name) => {
    const atVersion = managed.find((group) => group.name === name)?.version === step.version;
    const proof = proveGroup(
      seen.find((group) => group.name === name),
      step.version,
    );
    return {
      name,
      proof: proof.kind === 'proven' && !atVersion ? ({ kind: 'wrong-version', version: 'older' } as const) : proof,
    };
  });
  const evidence = proofs.flatMap(({ proof }) => (proof.kind === 'proven' ? [proof.evidence] : []));
  if (evidence.length === step.groups.length) {
    // A node that EKS kept, because it was at the version already, is open again.
    await keep(context, step.groups);
    return { kind: 'done', evidence };
  }

  const gone = proofs.find(({ proof }) => proof.kind === 'missing');
  if (gone !== undefined) {
    return failed('NodeGroupGone', `managed node group ${gone.name} no longer exists`, {
      remedy: 'Abort, and ask for the upgrade again to get a plan from what is there now',
    });
  }
  const open = proofs.filter(({ proof }) => proof.kind !== 'proven').map(({ name }) => name);
  const updates = await updatesOf(context, open);
  const failure = await failureIn(context, updates);
  if (failure !== null) return failure;
  const toStart = open.filter((name) => progress.memory[name] === undefined);
  if (toStart.length === 0) return settle(context, updates);
  const inTheWay = await phaseOut(context, toStart);
  if (inTheWay !== null) return inTheWay;
  const { started, refused } = await startUpdates(context, toStart);
  const memory = { ...progress.memory, ...started };
  const [first] = refused;
  if (first === undefined) return wait(context, { open, memory });
  await keep(
    context,
    refused.map(({ nodeGroup }) => nodeGroup),
  );
  const what = `the update of ${refused.map(({ nodeGroup }) => nodeGroup).join(', ')}`;
  const result = waitWhileInUse(context, { what, message: first.message });
  return result.kind === 'failed' ? result : { ...result, memory };
}

type StartedUpdates = { started: Record<string, string>; refused: { nodeGroup: string; message: string }[] };

async function startUpdates(context: Context, names: string[]): Promise<StartedUpdates> {
  const { deps, cloud, cluster, step, run, confirmClaim } = context;
  const updates: StartedUpdates = { started: {}, refused: [] };
  for (const nodeGroup of names) {
    await confirmClaim();
    deps.log.info(idsOf(run, step), `updating node group ${nodeGroup} to ${step.version}`);
    const token = requestToken(context, nodeGroup);
    const started = await cloud.eks.updateNodegroupVersion({
      cluster: cluster.name,
      nodeGroup,
      version: step.version,
      token,
    });
    // In flight: somebody else's update of this group; it is looked at again, and asked for again if it was another.
    if (started.kind === 'started') updates.started[nodeGroup] = started.updateId;
    else updates.refused.push({ nodeGroup, message: started.message });
  }
  return updates;
}

type GroupUpdate = { nodeGroup: string; update: EksUpdate };

function updatesOf({ cloud, cluster, progress }: Context, open: string[]): Promise<GroupUpdate[]> {
  const started = open.flatMap((nodeGroup) => {
    const updateId = progress.memory[nodeGroup];
    return updateId === undefined ? [] : [{ nodeGroup, updateId }];
  });
  return Promise.all(
    started.map(async ({ nodeGroup, updateId }) => {
      return { nodeGroup, update: await cloud.eks.describeUpdate({ cluster: cluster.name, updateId, nodeGroup }) };
    }),
  );
}

/**
 * The error says that nodes did not come; why is in the health of the group. That is read after the failure was seen: what
 * was read in the same look before may be from a moment when EKS did not say it yet.
 */
async function failureIn({ cloud, cluster, step }: Context, updates: GroupUpdate[]): Promise<PhaseResult | null> {
  const first = updates.find(({ update }) => update.status === 'Failed' || update.status === 'Cancelled');
  if (first === undefined) return null;
  const { nodeGroup, update } = first;
  const { message, remedy } = describeUpdateErrors(update.errors);
  const health = healthOf(await cloud.eks.managedNodeGroups(cluster.name), nodeGroup);
  return failed(
    'NodeGroupUpdateFailed',
    `EKS could not update node group ${nodeGroup} to ${step.version}: ${message}`,
    {
      remedy,
      detail: [`update ${update.id}, status ${update.status}`, ...health].join('\n'),
    },
  );
}

function healthOf(managed: ManagedNodeGroup[], name: string): string[] {
  const group = managed.find((candidate) => candidate.name === name);
  return (group?.healthIssues ?? []).map(({ code, message }) => `${code}: ${message}`);
}

/** All asked for. Once EKS calls every update successful, only nodes can be missing: for those nobody waits for ever. */
function settle(context: Context, updates: GroupUpdate[]): PhaseResult {
  const { step, progress } = context;
  const open = updates.map(({ nodeGroup }) => nodeGroup);
  if (updates.some(({ update }) => update.status !== 'Successful'))
    return wait(context, { open, memory: progress.memory });
  const what = `the nodes of ${open.join(', ')} to be Ready at ${step.version}: EKS calls the updates successful`;
  if (waitedMs(context, what) <= NODES_LIMIT_MS) return { kind: 'wait', for: what, pollMs: 15_000 };
  return failed(
    'NodesNotReady',
    `EKS calls the updates successful, but 30 minutes later not all of ${open.join(', ')} is ACTIVE with all nodes Ready at ${step.version}`,
    { remedy: 'Look at the nodes and at the health of the groups in the EKS console, then press Retry' },
  );
}

function wait(
  { step, progress, now }: Context,
  { open, memory }: { open: string[]; memory: Record<string, string> },
): PhaseResult {
  const poll = pollMs({ elapsedMs: now - progress.at, expectedMs: step.expectedMinutes * 60_000 });
  return { kind: 'wait', for: `EKS to update ${open.join(', ')} to ${step.version}`, pollMs: poll, memory };
}
