import { beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '#src/domain/errors.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import { APPROVER, aRun, MINUTE, progressUpTo, startedStep } from '#test/support/builders.ts';
import { aCoreDeletePlan } from '#test/support/core-delete-plan.ts';
import { advanceOnce, eventsOf } from '#test/support/fakes/advance.ts';
import { aNode } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, FLEET, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { readable } from '#test/support/slack-limits.ts';

const ID = 'r-coast-7k2m';
const NODE = 'ip-10-0-0-1';
const HOUR = 60 * MINUTE;

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  const plan = aCoreDeletePlan();
  const steps = progressUpTo(plan, 'node-groups-1.24-delete', startedStep(0));
  world.store.put(aRun('stopped', { plan, steps }));
  world.clock.advance(HOUR);
  world.store.apply(ID, { kind: 'aborted', at: world.clock.now(), by: APPROVER });
  world.cloud.nodeList = [aNode('core-a', '1.23', { name: NODE, phasedOut: true })];
  world.cloud.drainNodes = { [NODE]: { unschedulable: true, cordonedBy: ID } };
});
const away = (): void => {
  const silent = new TransientError('KubernetesUnreachable', 'the API server does not answer\nETIMEDOUT');
  for (const call of ['nodes', 'drainNodes']) world.cloud.failing.set(call, silent);
};
const opened = () => [world.cloud.nodeList[0]?.phasedOut, world.cloud.drainNodes[NODE]?.cordonedBy];
const told = () => {
  const notice = messagesOf(world.store.runNow(ID), FLEET).find(({ key }) => key === 'aborted');
  return notice === undefined ? '' : readable(notice);
};

describe('a run that was aborted', () => {
  it('takes its cordon and its taint off the nodes that are left, and is let go of', async () => {
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'ended' });
    expect(opened()).toEqual([false, null]);
    expect(told()).not.toContain('Nodes');
  });

  it('says which nodes nobody could look at while Kubernetes is away, with the commands, until somebody could', async () => {
    away();
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'again', ms: 60_000 });
    await advanceOnce(world, ID);
    expect(eventsOf(world, ID)).toEqual(['aborted', 'nodes-not-seen']);
    expect(told()).toContain('*Nodes that could not be looked at:* The API server does not answer.');
    expect(told()).toContain('Nodes of `core-a` may still be closed');
    expect(told()).toContain(
      "kubectl taint nodes -l 'alpha.eksctl.io/nodegroup-name in (core-a)' eks-upgrade/phase-out:NoSchedule-\nkubectl uncordon -l",
    );
    world.cloud.failing.clear();
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'ended' });
    expect(opened()).toEqual([false, null]);
    expect(told()).toContain('none is closed by this run any more');
    expect(told()).not.toContain('kubectl taint');
  });

  it('is let go of after an hour: then it is for who was told', async () => {
    away();
    world.clock.advance(HOUR + 1);
    expect(await advanceOnce(world, ID)).toEqual({ kind: 'ended' });
    expect(told()).toContain('kubectl uncordon');
  });

  it('leaves taints to the run that has the cluster by now, and takes its own cordon off', async () => {
    world.deps.store.ownerOf = async () => 'r-next';
    await advanceOnce(world, ID);
    expect(opened()).toEqual([true, null]);
  });
});
