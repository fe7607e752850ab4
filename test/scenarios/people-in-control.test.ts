import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { programFile } from '../support/programs.ts';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, scenario } from '../support/scenario-world.ts';

const run = promisify(execFile);
const inUse = { version: '1.33', seed: { activity: 3 } };
const untouched = ['control plane 1.33 → 1.34', 'add-on kube-proxy'];
const updates = ['update core to 1.34', 'update nb-small to 1.34'];

describe('while people use the cluster', () => {
  scenario.concurrent(
    'no more servers are ended than the approver took on, before somebody takes more on, stops it, or they leave',
    async ({ startWorld }) => {
      const names = ['coast', 'delta', 'reef'] as const;
      const world = await startWorld({ clusters: names.map((name) => managed(name, inUse)) });
      await Promise.all(names.map((name) => comesToItsGate(world, name)));
      expect(world.buttons('coast')).toEqual(['Go ahead (4 servers die)', 'Stop']);

      await world.presses('sam', 'Stop', 'delta');
      await world.comesTo('stopped', 'delta');
      expect(world.buttons('delta')).toEqual(['Continue', 'Abort']);
      await world.presses('sam', 'Abort', 'delta');
      await world.comesTo('aborted', 'delta');
      expect(world.changes('delta'), 'an aborted run leaves the groups as they are').toEqual(untouched);
      expect(world.notices('delta').at(-1)).toMatch(
        /^aborted: Maintenance of delta is over: the upgrade from 1\.33 to 1\.34 was aborted by <@U0SAM0000>/,
      );

      // As many as the approver saw on the plan.
      world.cloud.setActivity('reef', 3);
      await world.comesTo('succeeded', 'reef');
      expect(world.changes('reef')).toEqual([...untouched, ...updates]);

      await world.presses('robin', 'Go ahead (4 servers die)', 'coast');
      await world.answers('robin', 'because');
      await world.isTold('robin', /Only approvers of the fleet file may let servers in use be deleted/);
      await world.presses('sam', 'Go ahead (4 servers die)', 'coast');
      expect(await world.answers('sam', ' ')).toMatch(/say why/);
      expect(await world.answers('sam', 'announced a week ago')).toBeNull();
      await world.comesTo('succeeded', 'coast');
      const gate = world.messages('coast').find(({ text }) => text.includes('is in use'));
      expect(JSON.stringify(gate)).toContain('announced a week ago');
      expect(gate?.text).toContain('<@U0SAM0000>');
      expect(world.doubled()).toEqual([]);
    },
  );
});

describe('a server that starts when nodes are about to be replaced', () => {
  scenario.concurrent(
    'is counted, and nobody is kept from starting one while the run waits',
    async ({ startWorld }) => {
      const world = await startWorld({ clusters: [managed('isle', { version: '1.33' })] });
      const closings = () =>
        world.effects().flatMap(({ effect, taint }) => (/tainted$/.test(effect) ? [`${effect} ${String(taint)}`] : []));
      // The scheduler had bound it to the node a moment before that was closed.
      const unsubscribe = world.cloud.onEffect(() => {
        if (closings().length !== 1) return;
        unsubscribe();
        world.cloud.setActivity('isle', 1, { group: 'core', arrive: 'bound' });
      });
      await world.types('maya', '/eks-upgrade isle 1.34');
      await world.comesTo('awaiting-approval');
      await world.presses('sam', 'Approve');
      await world.comesTo('waiting');
      expect(world.changes()).toEqual(untouched);
      const once = ['node-tainted eks-upgrade/phase-out:NoSchedule', 'node-untainted eks-upgrade/phase-out:NoSchedule'];
      expect(closings(), 'no node is closed while people are asked').toEqual(once);
      expect(world.text('gate:1')).toContain('isle is in use: 1 pod of users (prod: 1), on `core` (1).');
      expect(world.buttons()).toEqual(['Go ahead (1 server dies)', 'Stop']);

      world.cloud.setActivity('isle', 0);
      await world.comesTo('succeeded');
      expect(world.changes()).toEqual([...untouched, ...updates]);
      expect(closings(), 'the taint went with the node').toEqual([...once, once[0]]);
    },
  );
});

describe('an abort while a group is deleted', () => {
  scenario.concurrent(
    'creates it again at the version it had, and ends when it is there; when that fails people try again',
    async ({ startWorld }) => {
      const world = await startWorld({
        clusters: [selfManaged('coast', { version: '1.23', seed: { addons: 'eks' } })],
        durations: {},
      });
      const rollsBack = (on: string) => {
        const unsubscribe = world.cloud.onEffect(() => {
          if (!world.changes().includes(on)) return;
          unsubscribe();
          world.cloud.setFault({ cluster: 'coast', name: 'stack-rolls-back', times: 2 });
        });
      };
      await world.types('maya', '/eks-upgrade coast 1.24');
      await world.comesTo('awaiting-approval');
      rollsBack('delete nb-small');
      await world.presses('sam', 'Approve');
      await world.comesTo('stopped');
      expect(world.buttons()).toEqual(['Retry', 'Re-create at the old version, then stop']);
      expect(world.content('failure:1')).toContain('creates `nb-small` at 1.23');

      await world.presses('sam', 'Re-create at the old version, then stop');
      await world.eventually(() => world.text('card').includes('is being aborted'));
      await world.comesTo('stopped');
      expect(world.buttons(), 'it rolled back once more').toEqual(['Retry', 'End without them']);
      await world.presses('maya', 'Retry');
      await world.comesTo('aborted');
      expect(world.cluster().nodeGroups).toMatchObject([
        { name: 'core-b', version: '1.24', readyNodes: 1 },
        { name: 'nb-small', version: '1.23', stackStatus: 'CREATE_COMPLETE' },
      ]);
      expect(world.notices().at(-1)).toContain(
        'Node groups that it had deleted are there again (`nb-small` at 1.23); all else stays as it is. No node group is missing',
      );
      expect(world.doubled()).toEqual([]);
    },
  );
});

describe('somebody wants it to stand still', () => {
  scenario.concurrent(
    'the step under way is finished, nothing new begins, and Continue goes on',
    async ({ startWorld }) => {
      const world = await startWorld({ clusters: [managed('harbor', inUse)], durations: {} });
      await isApproved(world, 'harbor');
      await world.eventually(() => world.changes().includes('update core to 1.34'));
      await world.presses('robin', 'Stop after this step');
      await world.isTold('robin', /Only approvers of the fleet file and the person who asked/);
      await world.presses('maya', 'Stop after this step');
      await world.eventually(
        () => world.text('card').includes('stop after this step') && !world.buttons().includes('Stop after this step'),
      );
      await world.comesTo('stopped');
      expect(world.changes(), 'the step was finished').toEqual([...untouched, ...updates]);
      expect(world.cluster().nodeGroups.map(({ version }) => version)).toEqual(['1.34', '1.34']);
      expect((await world.run()).steps, 'nothing new began').not.toHaveProperty('verify');
      expect(world.buttons()).toEqual(['Continue', 'Abort']);
      expect(world.text('stopped:1')).toContain('as asked for by <@U0MAYA000>');

      await world.presses('sam', 'Continue');
      await world.comesTo('succeeded');
      expect(world.changes()).toEqual([...untouched, ...updates]);
      expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
    },
  );

  scenario.concurrent('from a shell too, when Slack is away: status, stop, resume, abort', async ({ startWorld }) => {
    const world = await startWorld({ clusters: [managed('harbor', inUse), managed('reef', inUse)] });
    await Promise.all([comesToItsGate(world, 'harbor'), comesToItsGate(world, 'reef')]);
    expect(await ops(world, 'status')).toMatch(/^harbor {2}waiting {2}1\.33 → 1\.34 .+\nreef {2}waiting /);
    expect(await ops(world, 'stop', 'harbor')).toMatch(/^harbor {2}stopped/);
    await world.comesTo('stopped', 'harbor');
    world.cloud.setActivity('harbor', 0);
    expect(world.text('stopped:1', 'harbor')).toMatch(/as asked for by \S+ \(from a shell\)/);
    expect(await ops(world, 'resume', 'harbor')).toMatch(/^harbor {2}running/);
    expect(await ops(world, 'abort', 'reef')).toMatch(/^reef {2}aborted/);
    await world.comesTo('succeeded', 'harbor');
    await world.comesTo('aborted', 'reef');
    expect(world.changes('reef')).toEqual(untouched);
    expect(await ops(world, 'status')).toBe('no runs');
    const refusals = [ops(world, 'abort', 'reef'), ops(world, 'explode', 'reef')];
    const answers = (await Promise.allSettled(refusals)).map((answer) => answer.status === 'rejected' && answer.reason);
    expect(answers).toMatchObject([
      { code: 2, stderr: expect.stringContaining('There is nothing to abort: the run is aborted.') },
      { code: 2, stderr: expect.stringContaining('"explode" is not one of status, stop, resume, abort') },
    ]);
  });
});

async function comesToItsGate(world: ScenarioWorld, cluster: string): Promise<void> {
  await isApproved(world, cluster);
  world.cloud.setActivity(cluster, 4);
  await world.comesTo('waiting', cluster);
  expect(world.changes(cluster)).toEqual(untouched);
}

async function isApproved(world: ScenarioWorld, cluster: string): Promise<void> {
  await world.types('maya', `/eks-upgrade ${cluster} 1.34`);
  await world.comesTo('awaiting-approval', cluster);
  expect(world.content('card', cluster)).toContain('The cluster is in use: 3 pods of users now (prod: 2, staging: 1)');
  await world.presses('sam', 'Approve', cluster);
}

async function ops(world: ScenarioWorld, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [programFile('ops'), ...args], { env: world.env });
  return stdout.trimEnd();
}
