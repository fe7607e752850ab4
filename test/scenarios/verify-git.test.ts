import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeOwnedFolder } from '#src/adapters/owned-folders.ts';
import { kubeOf } from '#test/simulators/cloud/testing.ts';
import { managed, type ScenarioCluster, selfManaged } from '../support/scenario-clusters.ts';
import { sharedWorld } from '../support/scenario-world.ts';

/** The address of a hub that answers with this status. */
const hub = { status: 200, url: '' };
const server = createServer((_request, response) => response.writeHead(hub.status).end()).listen(0, '127.0.0.1');
await once(server, 'listening');
hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hub/health`;
afterAll(() => server.close());

/** Where the simulators' own clients look for it. */
function inTheWest(cluster: ScenarioCluster): ScenarioCluster {
  return { ...cluster, source: cluster.source.replace('eu-central-1', 'us-west-2') };
}

/** Each is about one cluster only, so all go on at the same time. */
const world = sharedWorld({
  clusters: [
    selfManaged('truth', { version: '1.23', seed: { addons: 'eks' } }),
    managed('refused', { version: '1.33' }),
    managed('unmerged', { version: '1.33' }),
    inTheWest(
      managed('hubless', {
        version: '1.33',
        seed: { nodesPerGroup: { core: 2 } },
        fleet: { healthUrls: [hub.url] },
      }),
    ),
  ],
  durations: {},
  git: 'faulty',
  eksctl: [],
});

async function approved(cluster: string, to: string): Promise<void> {
  await world().types('maya', `/eks-upgrade ${cluster} ${to}`);
  await world().comesTo('awaiting-approval', cluster);
  await world().presses('sam', 'Approve', cluster);
}

describe.concurrent('git tells the truth early', () => {
  test('the branch holds the real state after each hop, each swap and at a stop, and the failure notice names it', async () => {
    const branch = 'eks-upgrade/truth-1.24';
    const states = async (): Promise<string[]> =>
      (await world().remote.history(branch, 'truth.jsonnet')).map((text) =>
        [/version: '([\d.]+)'/, /name: '(core-\w)'/].map((one) => one.exec(text)?.[1]).join(' '),
      );
    world().cloud.setFault({ cluster: 'truth', name: 'stack-rolls-back', times: 1 });
    await approved('truth', '1.24');
    await world().comesTo('stopped', 'truth');
    await world().eventually(() => world().content('failure:1', 'truth').includes('as it is in the cluster'));
    expect(world().content('failure:1', 'truth')).toContain('The branch `eks-upgrade/truth-1.24` says 1.24, as it is');
    expect(await states()).toEqual(['1.24 core-a']);

    await world().adminRuns('eksctl delete nodegroup --cluster=truth --region=us-west-2 --name=core-b --wait');
    await world().presses('maya', 'Retry', 'truth');
    await world().comesTo('succeeded', 'truth');
    expect(await states()).toEqual(['1.24 core-a', '1.24 core-b']);

    await world().remote.remove(branch);
    await world().types('maya', '/eks-upgrade truth 1.25');
    await world().comesTo('refused', 'truth');
    const told = world().content('card', 'truth');
    expect(told).toContain('The core node group runs as core-b, but the config says core-a');
    expect(told).toContain('npm run edit-config -- --config truth.jsonnet --to 1.24 --rename core-a=core-b --write');
  });

  test('a push that fails in the middle stops nothing: it is said, tried again, and in git in the end', async () => {
    await world().git.addFaults([{ name: 'push-refused', cluster: 'refused', times: 1 }]);
    await approved('refused', '1.34');
    await world().comesTo('succeeded', 'refused');
    const events = await world().events('refused');
    const failed = events.findIndex(({ kind }) => kind === 'config-not-pushed');
    expect(events[failed]).toMatchObject({ why: expect.stringContaining('Protected branch update failed') });
    expect(events.slice(failed).filter(({ kind }) => kind === 'step-failed')).toEqual([]);
    expect(await world().remote.diffOf('eks-upgrade/refused-1.34')).toContain('+  version: "1.34"');
  });

  test('a branch that nobody merged refuses the next run and says how to go on; merged, the next run is planned', async () => {
    await approved('unmerged', '1.34');
    await world().comesTo('succeeded', 'unmerged');
    await world().types('maya', '/eks-upgrade unmerged 1.35');
    await world().comesTo('refused', 'unmerged');
    const told = world().content('card', 'unmerged');
    expect(told).toContain('the branch eks-upgrade/unmerged-1.34 says 1.34, and main says 1.33');
    expect(told).toContain(`git push ${world().git.remoteOf('unmerged')} --delete eks-upgrade/unmerged-1.34`);

    expect(await world().remote.merge('eks-upgrade/unmerged-')).toEqual(['eks-upgrade/unmerged-1.34']);
    await world().types('maya', '/eks-upgrade unmerged 1.35');
    await world().comesTo('awaiting-approval', 'unmerged');
  });
});

describe.concurrent('what is called done is done', () => {
  test('a hub that does not come back: upgraded, with its name in the failure notice, until it is back; and nothing of a worker that died is left', async () => {
    world().cloud.setFault({ cluster: 'hubless', name: 'workload-stays-away' });
    await approved('hubless', '1.34');
    await world().eventually(() => world().changes('hubless').includes('control plane 1.33 → 1.34'));
    hub.status = 503;
    world().cloud.setFault({ cluster: 'hubless', name: 'workload-deleted-by-hand', workload: 'prod/proxy' });
    await world().comesTo('stopped', 'hubless');
    expect(world().text('failure:1', 'hubless')).toContain('hubless is at 1.34: upgraded, 1 workload is not back.');
    const told = world().content('failure:1', 'hubless');
    expect(told).toContain('Deployment prod/hub (0 of 1 ready)');
    expect(told).toContain(`${hub.url} is not healthy (503)`);
    expect(told).not.toContain('prod/proxy');
    expect(told).toContain('what is not well is missing for users until it is');

    const left = await leaveBehind('hubless');
    hub.status = 200;
    world().cloud.setFault({ cluster: 'hubless', name: 'workload-stays-away' }, false);
    await world().presses('maya', 'Check again', 'hubless');
    await world().comesTo('succeeded', 'hubless');
    const seen = world().content('step:verify', 'hubless');
    expect(seen).toContain('deleted meanwhile, which is no failure: Deployment prod/proxy');
    expect(seen).toContain(`healthy: ${hub.url}`);
    expect(seen, 'nobody knows who did that').toContain(`node ${left.foreign} is cordoned`);
    expect(await nodesOf('hubless')).toEqual([
      { name: left.own, unschedulable: false, closed: false },
      { name: left.foreign, unschedulable: true, closed: false },
    ]);
    expect(await readdir(left.folder)).not.toContain(left.checkout);
  });
});

/** What a worker leaves behind that was killed at the worst moments; and somebody cordons the other node with kubectl. */
async function leaveBehind(
  cluster: string,
): Promise<{ own: string; foreign: string; folder: string; checkout: string }> {
  const [own = { name: '' }, foreign = { name: '' }] = await nodesOf(cluster);
  const kube = await kubeOf(world().cloud, cluster);
  const patch = (node: string, body: object) =>
    kube('PATCH', `/api/v1/nodes/${node}`, { body, contentType: 'application/strategic-merge-patch+json' });
  const taints = [{ key: 'eks-upgrade/phase-out', effect: 'NoSchedule' }];
  const annotations = { 'eks-upgrade/cordoned-by': (await world().run(cluster)).id };
  const answers = [
    await patch(own.name, { metadata: { annotations }, spec: { unschedulable: true, taints } }),
    await patch(foreign.name, { spec: { unschedulable: true } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  const folder = join(world().env['WORK_DIR'] ?? '', 'git', 'checkouts');
  const ours = await makeOwnedFolder(folder, 'checkout');
  const { pid } = spawnSync('true');
  const checkout = basename(ours).replace(`-${process.pid}-`, `-${pid}-`);
  await rename(ours, join(folder, checkout));
  return { own: own.name, foreign: foreign.name, folder, checkout };
}

type Node = { metadata: { name: string }; spec: { unschedulable?: boolean; taints?: { key: string }[] } };

async function nodesOf(cluster: string): Promise<{ name: string; unschedulable: boolean; closed: boolean }[]> {
  const { body } = await (await kubeOf(world().cloud, cluster))('GET', '/api/v1/nodes');
  return (body['items'] as unknown as Node[]).map(({ metadata, spec }) => ({
    name: metadata.name,
    unschedulable: spec.unschedulable ?? false,
    closed: spec.taints?.some(({ key }) => key === 'eks-upgrade/phase-out') ?? false,
  }));
}
