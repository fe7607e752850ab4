import { beforeEach, describe, expect, it } from 'vitest';
import { releaseNodes } from '#jobs/release-nodes.ts';
import { TransientError } from '#src/domain/errors.ts';
import type { Plan, Step } from '#src/domain/plan.ts';
import type { Run, StepProgress } from '#src/domain/run.ts';
import { allDone, aPlan, aRun, progressUpTo, startedStep } from '#test/support/builders.ts';
import { aNode, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const STEP = 'node-groups-1.24-delete';
const NODE = 'ip-10-0-0-1.core-a';

function planWith(role: 'core' | null): Plan {
  return aPlan({
    steps: aPlan().steps.map(
      (step): Step =>
        step.id === STEP && step.phase === 'node-groups' && step.action === 'delete'
          ? { ...step, ...(role === null ? {} : { role }), groups: ['core-a'] }
          : step,
    ),
  });
}

describe('nodes that a run has cordoned', () => {
  let world: FakeWorld;
  let run: Run;
  let confirmed: number;
  const at = (progress: StepProgress, plan = planWith('core')): Run => {
    return aRun('stopped', { plan, steps: progressUpTo(plan, STEP, progress) });
  };
  const release = (of: Run) =>
    releaseNodes(world.deps, {
      run: of,
      confirmClaim: async () => {
        confirmed += 1;
      },
    });
  const lifted = () => world.cloud.calls.flatMap(({ call, request }) => (call === 'uncordon' ? [request] : []));

  beforeEach(() => {
    world = fakeWorld();
    confirmed = 0;
    run = at(startedStep(0));
    world.cloud.groupStacks = [aStack('core-a', '1.22'), aStack('core-b', '1.24')];
    world.cloud.nodeList = [aNode('core-a', '1.22'), aNode('core-b', '1.24')];
    world.cloud.drainNodes = { [NODE]: { unschedulable: true, cordonedBy: run.id } };
  });

  it('take pods again while people are asked or the run stands still, each after a look at the claim', async () => {
    await release(run);
    expect(lifted()).toEqual([NODE]);
    expect(confirmed).toBe(1);
    await release(run);
    expect(lifted(), 'once').toEqual([NODE]);
  });

  it.each([
    ['by somebody with kubectl', null],
    ['by another run', 'r-coast-other'],
  ])('were cordoned %s: they are left alone', async (_, cordonedBy) => {
    world.cloud.drainNodes = { [NODE]: { unschedulable: true, cordonedBy } };
    await release(run);
    expect(lifted()).toEqual([]);
  });

  it('go with their stack already: what came to them would have to leave once more', async () => {
    world.cloud.groupStacks = [aStack('core-a', '1.22', { status: 'DELETE_IN_PROGRESS' })];
    await release(run);
    expect(lifted()).toEqual([]);
    world.cloud.nodeList = [aNode('core-a', '1.22', { group: null })];
    await release(run);
    expect(lifted(), 'nobody knows whose it is').toEqual([NODE]);
  });

  it.each<[string, () => Run]>([
    ['the deletion of the core group has not begun', () => aRun('stopped', { plan: planWith('core'), steps: {} })],
    ['it is done', () => aRun('stopped', { plan: planWith('core'), steps: allDone(planWith('core')) })],
    ['the step deletes groups for people', () => at(startedStep(0), planWith(null))],
  ])('cannot be there when %s, so Kubernetes is not asked', async (_, of) => {
    world.cloud.failing.set('drain.nodes', new Error('it was asked'));
    await expect(release(of())).resolves.toBeUndefined();
  });

  it('stay so while Kubernetes does not answer, and whoever looks next tries again', async () => {
    world.cloud.failing.set('drain.nodes', new TransientError('KubernetesUnreachable', 'away'));
    await expect(release(run)).rejects.toMatchObject({ code: 'KubernetesUnreachable' });
    expect(lifted()).toEqual([]);
    world.cloud.failing.clear();
    await release(run);
    expect(lifted()).toEqual([NODE]);
  });
});
