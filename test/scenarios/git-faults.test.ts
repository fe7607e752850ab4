import { describe, expect, test } from 'vitest';
import type { ScenarioCluster } from '../support/scenario-clusters.ts';
import { sharedWorld } from '../support/scenario-world.ts';

/** A cluster whose upgrade is little more than one control-plane hop and one commit. */
function bare(name: string): ScenarioCluster {
  const source = `apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata:
  name: ${name}
  region: eu-central-1
  version: "1.33"
addons:
  - name: vpc-cni
  - name: coredns
  - name: kube-proxy
managedNodeGroups:
  - name: core
    instanceType: m7i.large
    minSize: 1
    desiredCapacity: 1
`;
  return { name, file: `${name}.yaml`, source, skew: 'supported', seed: {} };
}

const CLUSTERS = ['refused', 'raced', 'cut-off', 'away', 'gone', 'full', 'crowded', 'stuck'].map(bare);

/** Each is about one cluster only, so all go on at the same time. */
const world = sharedWorld({ clusters: CLUSTERS, durations: {}, git: 'faulty' });

async function approved(cluster: string): Promise<void> {
  await world().types('maya', `/eks-upgrade ${cluster} 1.34`);
  await world().comesTo('awaiting-approval', cluster);
  await world().presses('sam', 'Approve', cluster);
}

const commitsOf = async (cluster: string) =>
  (await world().remote.diffOf(`eks-upgrade/${cluster}-1.34`)).match(/^[+-] {2}version: .*/gm);

/** The cluster is upgraded, its config is not: said in the finish notice, with what git said. */
async function endsUncommitted(cluster: string): Promise<string> {
  await world().comesTo('succeeded-uncommitted', cluster);
  expect(world().cluster(cluster).version).toBe('1.34');
  expect(
    world()
      .notices(cluster)
      .map((notice) => notice.split(':')[0]),
  ).toEqual(['start', 'finish']);
  return world().content('finish', cluster);
}

describe.concurrent('git faults', () => {
  test('a push that a hook refuses: the cluster is upgraded, and the finish notice says what the server said', async () => {
    await world().git.addFaults([{ name: 'push-refused', cluster: 'refused' }]);
    await approved('refused');
    const told = await endsUncommitted('refused');
    expect(told).toContain('Protected branch update failed');
    expect(told).toContain('Write version 1.34 into refused.yaml by hand, and commit it');
    expect(await commitsOf('refused')).toBeNull();
  });

  test('a push that lost a race is tried again on top of what a colleague pushed', async () => {
    await world().git.addFaults([{ name: 'push-races', cluster: 'raced', times: 1 }]);
    await approved('raced');
    await world().comesTo('succeeded', 'raced');
    expect(await commitsOf('raced')).toEqual(['-  version: "1.33"', '+  version: "1.34"']);
    expect(await world().remote.diffOf('eks-upgrade/raced-1.34'), "the colleague's file is kept").toContain('by hand');
  });

  test('a push that took effect without an answer is seen on the remote, and not made twice', async () => {
    await world().git.addFaults([{ name: 'push-cut-off', cluster: 'cut-off', times: 1 }]);
    await approved('cut-off');
    await world().comesTo('succeeded', 'cut-off');
    expect(await commitsOf('cut-off')).toEqual(['-  version: "1.33"', '+  version: "1.34"']);
    expect(world().content('step:commit-config', 'cut-off')).toContain('is on the remote');
  });

  test('a remote that does not answer when the config is to be pushed is asked again', async () => {
    await approved('away');
    await world().eventually(() => world().changes('away').includes('control plane 1.33 → 1.34'));
    await world().git.addFaults([{ name: 'unreachable', cluster: 'away', times: 1 }]);
    await world().comesTo('succeeded', 'away');
    // On the way, where nothing waits for it, or in the last step.
    const said = (await world().events('away')).flatMap((event) =>
      event.kind === 'step-waiting' ? [event.for] : event.kind === 'config-not-pushed' ? [event.why] : [],
    );
    expect(said).toContainEqual(expect.stringMatching(/Connection refused/));
    expect(await commitsOf('away')).toEqual(['-  version: "1.33"', '+  version: "1.34"']);
  });

  test('a push that hangs holds up neither the next step nor Stop, and the thread says so until it is over', async () => {
    await world().git.addFaults([{ name: 'push-hangs', cluster: 'stuck' }]);
    await approved('stuck');
    await world().eventually(() => world().changes('stuck').includes('update core to 1.34'));
    await world().presses('maya', 'Stop after this step', 'stuck');
    await world().comesTo('stopped', 'stuck');
    await world().eventually(() =>
      world().content('stopped:1', 'stuck').includes('is being pushed to the branch `eks-upgrade/stuck-1.34`'),
    );
    expect((await world().events('stuck')).map(({ kind }) => kind)).not.toContain('config-pushed');

    await world().git.goOn('stuck');
    await world().eventually(() => world().content('stopped:1', 'stuck').includes('as it is in the cluster'));
    expect(world().content('stopped:1', 'stuck')).toContain('The branch `eks-upgrade/stuck-1.34` says 1.34');
    expect(await commitsOf('stuck')).toEqual(['-  version: "1.33"', '+  version: "1.34"']);
  });

  test('a repository that is gone stops planning in words of the server; Retry goes on when it is back', async () => {
    await world().git.addFaults([{ name: 'repository-gone', cluster: 'gone', times: 1 }]);
    await world().types('maya', '/eks-upgrade gone 1.34');
    await world().comesTo('stopped', 'gone');
    expect(world().content('failure:1', 'gone')).toContain('Repository not found');
    expect(world().changes('gone')).toEqual([]);
    await world().presses('maya', 'Retry', 'gone');
    await world().comesTo('awaiting-approval', 'gone');
  });

  test('a full disk of the worker stops planning and says what to do; Retry goes on when there is room', async () => {
    await world().git.addFaults([{ name: 'disk-full', cluster: 'full', times: 2 }]);
    await world().types('maya', '/eks-upgrade full 1.34');
    await world().comesTo('stopped', 'full');
    expect(world().text('failure:1', 'full')).toContain('The disk of the worker is full');
    expect(world().content('failure:1', 'full')).toContain('WORK_DIR');
    await world().presses('maya', 'Retry', 'full');
    await world().comesTo('awaiting-approval', 'full');
  });

  test('a full disk of the git server: upgraded, and the finish notice says that the config is not committed', async () => {
    await world().git.addFaults([{ name: 'server-disk-full', cluster: 'crowded' }]);
    await approved('crowded');
    expect(await endsUncommitted('crowded')).toContain('File too large');
  });
});
