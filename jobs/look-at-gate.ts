import { messageOf } from '#src/domain/errors.ts';
import type { GateQuestion } from '#src/domain/gate.ts';
import type { Run } from '#src/domain/run.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { Decided } from './decided.ts';
import { idsOf } from './ids-of.ts';
import { clusterOf } from './observe-cluster.ts';
import type { WorkerDeps } from './worker-deps.ts';

/**
 * A person may open the gate; so does a world in which there is nothing to ask any more. When that cannot be found out
 * the run keeps waiting: the people who are asked can decide all the same, and the step itself looks again before it acts.
 */
export async function lookAtGate(deps: WorkerDeps, run: Run): Promise<Decided> {
  const wait: Decided = { facts: [], inMs: 60_000 };
  const gate = run.gates.at(-1);
  if (gate === undefined) return wait;
  try {
    const cloud = deps.cloudOf(clusterOf(deps.fleet, run.cluster));
    const isOver = await hasCleared(deps, { cloud, question: gate });
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
  { fleet }: WorkerDeps,
  { cloud, question }: { cloud: Cloud; question: GateQuestion },
): Promise<boolean> {
  switch (question.kind) {
    case 'activity':
      return (await cloud.kubernetes.activity(fleet.activitySelectors)).total === 0;
    case 'drain':
      return false;
    default:
      question satisfies never;
      throw new Error(`unknown gate ${JSON.stringify(question)}`);
  }
}
