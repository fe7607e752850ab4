import { beforeEach, describe, expect, it } from 'vitest';
import { lookAtStop } from '#jobs/look-at-stop.ts';
import { currentSight } from '#src/domain/cluster-sight.ts';
import { TransientError } from '#src/domain/errors.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import { APPROVER, aRun } from '#test/support/builders.ts';
import { type FakeWorld, FLEET, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { readable } from '#test/support/slack-limits.ts';

const ID = 'r-coast-7k2m';
const GROUPS = ['core-a', 'nb-small', 'nb-large', 'dask-worker'];

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
  world.store.put(aRun('stopped'));
  world.clock.advance(60 * 60_000);
  world.cloud.groupStacks = GROUPS.map((group) => stack(group));
});

const stack = (group: string, status = 'CREATE_COMPLETE'): FakeWorld['cloud']['groupStacks'][number] => ({
  stackName: `eksctl-coast-nodegroup-${group}`,
  group,
  kind: 'self-managed',
  status,
  createdAt: 0,
  ami: { kind: 'unknown', why: 'nobody asks' },
  amiFamily: null,
  nodeRole: null,
  bringsAccessEntry: false,
  ownRole: null,
  sizes: null,
});
const look = () => lookAtStop(world.deps, ID);
const run = () => world.store.runNow(ID);

function notice(key: string): string {
  const found = messagesOf(run(), FLEET).find((message) => message.key === key);
  if (found === undefined) throw new Error(`no message ${key}`);
  return readable(found);
}

describe('what people are told about the cluster at a stop', () => {
  it('comes from a look at it, and says of when', async () => {
    await look();
    expect(notice('failure:1')).toMatch(/\*State of the cluster\*, seen <!date\^/);
    expect(notice('failure:1')).toContain('The control plane is at 1.22.');
    expect(notice('failure:1')).toContain('No node group is missing.');
  });

  it('names a version that somebody else brought it to, and an update that goes on', async () => {
    world.cloud.cluster = { ...world.cloud.cluster, version: '1.23', status: 'UPDATING' };
    await look();
    expect(notice('failure:1')).toContain('The control plane is at 1.23. EKS shows it as UPDATING.');
  });

  it('names a group that somebody deleted by hand', async () => {
    world.cloud.groupStacks = GROUPS.filter((group) => group !== 'nb-small').map((group) => stack(group));
    await look();
    expect(notice('failure:1')).toContain('*Not there now:* node group `nb-small` was deleted');
    expect(notice('failure:1')).toContain('Servers that run on `nb-small` cannot start');
  });

  it('names a group that is half deleted', async () => {
    world.cloud.groupStacks = GROUPS.map((group) => stack(group, group === 'nb-small' ? 'DELETE_FAILED' : undefined));
    await look();
    expect(notice('failure:1')).toContain('Seen: `nb-small` DELETE_FAILED.');
  });

  it('says that the bot could not look, and what its words are worth then', async () => {
    world.cloud.failing.set('describeCluster', new TransientError('Throttled', 'EKS throttles'));
    await look();
    expect(notice('failure:1')).toContain('*Not looked at:* EKS throttles.');
    expect(notice('failure:1')).toContain('As far as the bot knows from its own steps no node group is missing');
  });

  it('is looked at once a stop, and again after an abort', async () => {
    await look();
    const first = run().sight;
    world.clock.advance(60_000);
    await look();
    expect(run().sight).toEqual(first);
    world.store.apply(ID, { kind: 'aborted', at: world.clock.now(), by: APPROVER });
    expect(currentSight(run())).toBeNull();
    world.cloud.groupStacks = [stack('core-a')];
    await look();
    expect(notice('aborted')).toMatch(/State in which the cluster is left\*, seen <!date\^/);
    expect(notice('aborted')).toContain('`nb-small`');
  });

  it('is not looked at while the run goes on, nor when nothing was changed', async () => {
    world.store.put(aRun('running'));
    await look();
    expect(run().sight).toBeNull();
    world.store.put(aRun('stopped', { startedAt: null, before: null, steps: {} }));
    await look();
    expect(run().sight).toBeNull();
  });
});
