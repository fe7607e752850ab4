import { budgetsInTheWay } from '#src/domain/core-drain.ts';
import { messageOf } from '#src/domain/errors.ts';
import type { GateAbout, GateRecord } from '#src/domain/gate.ts';
import type { Run } from '#src/domain/run.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { Claim } from '#src/ports/run-store.ts';
import type { Decided } from './decided.ts';
import { idsOf } from './ids-of.ts';
import { clusterOf } from './observe-cluster.ts';
import { confirmClaim } from './ownership.ts';
import { isAnybodyInTheWay, liftLeftovers } from './phase-out.ts';
import { releaseNodes } from './release-nodes.ts';
import type { WorkerDeps } from './worker-deps.ts';

/**
 * A person may open the gate; so does a world in which there is nothing to ask any more. When that cannot be found out
 * the run keeps waiting: the people who are asked can decide all the same, and the step itself looks again before it acts.
 */
export async function lookAtGate(deps: WorkerDeps, claim: Claim): Promise<Decided> {
  const { run } = claim;
  const gate = run.gates.at(-1);
  const wait: Decided = { facts: [], inMs: gate?.kind === 'drain' ? 15_000 : 60_000 };
  if (gate === undefined) return wait;
  try {
    const cloud = deps.cloudOf(clusterOf(deps.fleet, run.cluster));
    // Nobody is kept from starting a server while people are asked.
    await liftLeftovers(cloud, { confirmClaim: () => confirmClaim(deps, claim) });
    await releaseNodes(deps, { run, confirmClaim: () => confirmClaim(deps, claim) });
    const isOver = await hasCleared(deps, { cloud, run, gate });
    return isOver ? { facts: [{ kind: 'gate-cleared' }], inMs: 0 } : wait;
  } catch (error) {
    deps.log.warn(
      { ...idsOf(run), err: messageOf(error) },
      'cannot look at what a gate is about, the run keeps waiting',
    );
    return wait;
  }
}

async function hasCleared(
  deps: WorkerDeps,
  { cloud, run, gate }: { cloud: Cloud; run: Run; gate: GateRecord },
): Promise<boolean> {
  switch (gate.kind) {
    case 'activity': {
      const { plan } = run;
      const step = plan?.steps.find(({ id }) => id === gate.stepId);
      if (plan === null || step?.phase !== 'node-groups') return false;
      return !(await isAnybodyInTheWay(deps, { cloud, run, plan, step }));
    }
    case 'drain':
      return mayGo(cloud.drain, gate);
    default:
      gate satisfies never;
      throw new Error(`unknown gate ${JSON.stringify(gate)}`);
  }
}

/** Each of the pods that were in the way has gone, or its budget would let it go now. */
async function mayGo(drain: Cloud['drain'], { group, blocked }: GateAbout<'drain'>): Promise<boolean> {
  const nodes = (await drain.nodes()).filter((node) => node.group !== null && group.split(', ').includes(node.group));
  const pods = nodes.length === 0 ? [] : await drain.podsOn(nodes.map(({ name }) => name));
  const left = pods.filter(({ uid }) => blocked.some((pod) => pod.uid === uid));
  if (left.some(({ isEnding }) => isEnding)) return false;
  const budgets = left.length === 0 ? [] : await drain.budgetsIn([...new Set(left.map(({ namespace }) => namespace))]);
  return left.every((pod) => budgetsInTheWay(pod, budgets).length === 0);
}
