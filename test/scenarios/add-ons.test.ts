import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { programFile } from '../support/programs.ts';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, sharedWorld } from '../support/scenario-world.ts';

const CHANGED = 'add-on-settings-changed';

/** Its pods crash from Kubernetes 1.26 on. */
const OLD_CNI = { 'vpc-cni': 'v1.11.5-eksbuild.1' };
const AL2 = 'AmazonLinux2';

/** Add-ons that somebody has changed by hand, or left behind. */
const opened = sharedWorld({
  clusters: [
    selfManaged('reef', { version: '1.23' }),
    { ...selfManaged('isle', { version: '1.23' }), overwriteAddons: true },
    managed('harbor', {
      version: '1.33',
      seed: {
        addonSettings: {
          'kube-proxy': {
            configurationValues: '{"mode":"ipvs"}',
            serviceAccountRoleArn: 'arn:aws:iam::111122223333:role/proxy',
          },
        },
      },
    }),
    managed('quay', { version: '1.25', amiFamily: AL2, seed: { addons: 'self-managed', addonVersions: OLD_CNI } }),
    managed('lock', { version: '1.25', amiFamily: AL2, seed: { addons: 'eks', addonVersions: OLD_CNI } }),
  ],
  faults: [
    { cluster: 'reef', name: CHANGED },
    { cluster: 'isle', name: CHANGED },
    { cluster: 'harbor', name: 'add-on-conflict' },
  ],
});

test.concurrent('settings of self-managed add-ons that eksctl would overwrite refuse the plan: the card names them, the thread shows them whole', async () => {
  const world = opened();
  await world.types('maya', '/eks-upgrade reef 1.24');
  await world.comesTo('refused', 'reef');
  const card = world.content('card', 'reef');
  expect(card).toContain('settings made by hand would be lost: replicas (4 → 2) and Corefile. That can break DNS');
  expect(card).toContain('overwriteAddons: true for reef in the fleet file');
  const { plan } = await world.run('reef');
  const details = (addon: string) =>
    world.content(`note:${plan?.hash.slice(0, 16)}:add-on-settings-would-be-lost:${addon}`, 'reef');
  expect(details('coredns')).toContain('- corp.example:53 {\\n- forward . 10.0.0.2');
  expect(details('vpc-cni')).toContain('DaemonSet aws-node, env ENABLE_PREFIX_DELEGATION of aws-node: true → false');
  expect(world.changes('reef')).toEqual([]);
});

test.concurrent('where the fleet file allows it they are overwritten, but saved before: an operator gets them back as YAML', async () => {
  const world = opened();
  await world.types('maya', '/eks-upgrade isle 1.24');
  await world.comesTo('awaiting-approval', 'isle');
  expect(world.content('card', 'isle')).toContain('eksctl replaces the self-managed add-on coredns as a whole');
  await world.presses('sam', 'Approve', 'isle');
  await world.eventually(() => world.changes('isle').includes('change kube-proxy'));
  const events = await world.events('isle');
  const saved = events.flatMap((event) => (event.kind === 'add-on-saved' ? [event.addon] : []));
  expect(saved).toEqual(['vpc-cni', 'coredns', 'kube-proxy']);
  const yaml = await ops(world, 'saved-addons', 'isle');
  expect(yaml).toMatch(/kind: ConfigMap\n[\s\S]*corp\.example:53 \{\n\s+forward \. 10\.0\.0\.2/);
  expect(yaml).toMatch(/kind: Deployment\n[\s\S]*replicas: 4/);
  expect(world.changes('isle').filter((change) => change.startsWith('change '))).toEqual([
    'change aws-node',
    'change coredns',
    'change kube-proxy',
  ]);
});

test.concurrent('a conflict in an EKS add-on stops the run with its fields; an approver has them overwritten in that one update, which keeps configuration and role', async () => {
  const world = opened();
  await world.types('maya', '/eks-upgrade harbor 1.34');
  await world.comesTo('awaiting-approval', 'harbor');
  await world.presses('sam', 'Approve', 'harbor');
  await world.comesTo('stopped', 'harbor');
  expect(world.content('failure:1', 'harbor')).toContain('DaemonSet.apps kube-proxy - .spec.template.spec.containers');
  expect(world.buttons('harbor')).toEqual(['Overwrite the fields named', 'Retry', 'Abort']);
  await world.presses('robin', 'Overwrite the fields named', 'harbor');
  await world.isTold('robin', /Only approvers of the fleet file may let settings of an add-on be overwritten/);
  await world.presses('sam', 'Overwrite the fields named', 'harbor');
  await world.eventually(() => world.changes('harbor').includes('update core to 1.34'));
  const updates = world.effects('harbor').filter(({ effect }) => effect === 'addon-update-started');
  const kept = {
    addon: 'kube-proxy',
    configurationValues: '{"mode":"ipvs"}',
    serviceAccountRoleArn: 'arn:aws:iam::111122223333:role/proxy',
    podIdentityAssociations: null,
  };
  expect(updates).toMatchObject([
    { ...kept, resolveConflicts: 'PRESERVE' },
    { ...kept, resolveConflicts: 'OVERWRITE' },
  ]);
  expect((await world.events('harbor')).find(({ kind }) => kind === 'retried')).toMatchObject({
    by: 'U0SAM0000',
    overwrite: { addon: 'kube-proxy' },
  });
  await world.eventually(() =>
    /Overwrite the fields named.* was pressed by <@U0SAM0000>/.test(world.text('failure:1', 'harbor')),
  );
});

test.concurrent('a VPC CNI that would crash at 1.26 is replaced before that hop; where EKS offers nothing that fits before and after it, the plan is refused', async () => {
  const world = opened();
  await Promise.all(['quay', 'lock'].map((cluster) => world.types('maya', `/eks-upgrade ${cluster} 1.26`)));
  await world.comesTo('refused', 'lock');
  expect(world.content('card', 'lock')).toContain(
    'would be at v1.11.5-eksbuild.1 when the control plane comes to 1.26',
  );
  expect(world.content('card', 'lock')).toContain('Update vpc-cni to 1.12 or newer by hand, then ask again');
  await world.comesTo('awaiting-approval', 'quay');
  await world.presses('sam', 'Approve', 'quay');
  await world.eventually(() => world.changes('quay').includes('control plane 1.25 → 1.26'));
  expect(world.changes('quay')).toEqual(['change aws-node', 'control plane 1.25 → 1.26']);
  const { detail } = world.cluster('quay').addons.find(({ name }) => name === 'vpc-cni') ?? { detail: '' };
  expect(Number(detail.split('.')[1])).toBeGreaterThanOrEqual(12);
  expect(world.effects('lock')).toEqual([]);
});

async function ops(world: ScenarioWorld, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [programFile('ops'), ...args], { env: world.env });
  return stdout.trimEnd();
}
