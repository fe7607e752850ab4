import { describe, expect, test } from 'vitest';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { sharedWorld } from '../support/scenario-world.ts';

/** Each is about one cluster only, so all go on at the same time. */
const world = sharedWorld({
  clusters: [
    selfManaged('truth', { version: '1.23' }),
    managed('refused', { version: '1.33' }),
    managed('unmerged', { version: '1.33' }),
  ],
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
