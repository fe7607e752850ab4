import { beforeEach, describe, expect, it } from 'vitest';
import { runPhase } from '#jobs/phases.ts';
import type { StopRecord } from '#src/domain/run.ts';
import { APPROVER, aStop } from '#test/support/builders.ts';
import { aCoreDeletePlan } from '#test/support/core-delete-plan.ts';
import { aNode, aPod, aStack } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor } from '#test/support/fakes/phase-context.ts';

const STEP = 'node-groups-1.24-delete';
const HUB = 'Deployment prod/hub';
const plan = aCoreDeletePlan();

describe('the old core group', () => {
  let world: FakeWorld;
  let memory: Record<string, string> = {};
  let stops: StopRecord[] = [];
  const look = async () => {
    const result = await runPhase(contextFor(world, STEP, { plan, progress: { memory }, stops }));
    if (result.kind === 'wait') memory = result.memory ?? memory;
    return result;
  };
  const changes = () => world.cloud.calls.map(({ call, request }) => `${call} ${String(request)}`);
  beforeEach(() => {
    world = fakeWorld();
    memory = {};
    stops = [];
    const old = aNode('core-a', '1.22');
    world.cloud.groupStacks = [aStack('core-a', '1.22'), aStack('core-b', '1.24')];
    world.cloud.nodeList = [old, aNode('core-b', '1.24')];
    world.cloud.pods = [aPod('prod/hub', old.name)];
    world.cloud.ready = { [HUB]: { ready: 1, wanted: 1 } };
  });

  it('is emptied, and is deleted only when what was Ready there is Ready again', async () => {
    await look();
    expect(changes(), 'what has to come back is written down before anything moves').toEqual([]);
    world.cloud.ready = { [HUB]: { ready: 0, wanted: 1 } };
    expect(await look()).toMatchObject({ kind: 'wait', for: 'what runs on core-a to move to the new core nodes' });
    expect(changes()).toEqual(['cordon ip-10-0-0-1.core-a', 'evict hub-6b7f-x2x9k']);
    expect(await look()).toMatchObject({ kind: 'wait', for: `${HUB} to be Ready on the new core nodes` });

    world.cloud.ready = { [HUB]: { ready: 1, wanted: 1 } };
    expect(await look()).toMatchObject({ kind: 'command', args: expect.arrayContaining(['--include=core-a']) });
  });

  it('asks only Kubernetes while it is emptied, unless no new node is Ready any more', async () => {
    world.cloud.evictions = { 'hub-6b7f-x2x9k': { kind: 'accepted' } };
    await look();
    world.cloud.ready = { [HUB]: { ready: 0, wanted: 1 } };
    world.cloud.failing.set('stacks', new Error('AWS was asked'));
    expect(await look()).toMatchObject({ kind: 'wait' });
    world.cloud.nodeList = world.cloud.nodeList.filter(({ group }) => group !== 'core-b');
    await expect(look()).rejects.toThrow('AWS was asked');
  });

  it('stays when that is not Ready after 10 minutes, and the next attempt still waits for it', async () => {
    await look();
    world.cloud.ready = { [HUB]: { ready: 0, wanted: 1 } };
    await look();
    await look();
    await world.clock.delay(11 * 60_000);
    const result = await look();
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'CoreNotBack', detail: HUB } });
    if (result.kind !== 'failed') return;

    memory = {};
    stops = [
      aStop(
        { kind: 'step-failed', stepId: STEP, failure: result.failure },
        { kind: 'retried', by: APPROVER, at: world.clock.now() },
      ),
    ];
    await look();
    expect(await look()).toMatchObject({ kind: 'wait', for: `${HUB} to be Ready on the new core nodes` });
  });
});
