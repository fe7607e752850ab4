import { expect } from 'vitest';
import type { PolicyDocument } from '#test/simulators/cloud/rights/policy.ts';
import { listOf } from '#test/simulators/cloud/rights/policy.ts';
import { readRbac } from '#test/simulators/cloud/rights/rbac.ts';
import { SHIPPED, shippedPolicy, shippedText } from '#test/simulators/cloud/rights/shipped.ts';
import { selfManaged } from '../support/scenario-clusters.ts';
import { scenario } from '../support/scenario-world.ts';

/** Right by right without a whole upgrade: test/adapters/iam-policy.test.ts. */
scenario.concurrent(
  'an add-on that the bot may not ask EKS about is not taken for a self-managed one: planning stops, and names the right; one that only CloudFormation needs stops the run',
  async ({ startWorld }) => {
    const world = await startWorld({ clusters: [selfManaged('coast', { version: '1.23', seed: { addons: 'eks' } })] });
    world.cloud.changeRights({ policies: shippedWithout('eks:DescribeAddon') });
    await world.types('maya', '/eks-upgrade coast 1.24');
    await world.comesTo('stopped');
    expect(world.content('failure:1')).toMatch(/not authorized to perform: eks:DescribeAddon on resource/);
    world.cloud.changeRights({ policies: shippedWithout('iam:CreateRole') });
    await world.presses('maya', 'Check again');
    await world.comesTo('awaiting-approval');
    expect((await world.run()).plan?.steps.flatMap((step) => ('addons' in step ? step.addons : []))).not.toContainEqual(
      expect.objectContaining({ kind: 'eksctl' }),
    );
    await world.presses('sam', 'Approve');
    await world.comesTo('stopped');
    expect(world.content('failure:2')).toMatch(
      /User: arn:aws:iam::\d+:user\/eks-upgrade-bot is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::\d+:role\/eksctl-coast-nodegroup-core-b-/,
    );
    expect(world.changes().filter((line) => line.startsWith('delete'))).toEqual([]);
  },
);

scenario.concurrent(
  'a bot whose group in the cluster lacks a right is stopped before anything is changed, and the notice names that right',
  async ({ startWorld }) => {
    const world = await startWorld({ clusters: [selfManaged('delta', { version: '1.23' })] });
    const rbac = readRbac(shippedText('rbac.yaml')).filter(({ verbs }) => !verbs.includes('patch'));
    world.cloud.changeRights({ rbac });
    await world.types('maya', '/eks-upgrade delta 1.24');
    await world.comesTo('awaiting-approval');
    await world.presses('sam', 'Approve');
    await world.comesTo('stopped');
    expect(world.text('failure:1')).toMatch(
      /Kubernetes does not let the bot .*patch daemonsets aws-node in kube-system/,
    );
    expect(world.changes()).toEqual([]);
  },
);

scenario.concurrent(
  'in observe mode a bot that may only look plans, says what it found and ends; nothing is changed, and nobody can approve it',
  async ({ startWorld }) => {
    const world = await startWorld({
      clusters: [selfManaged('lagoon', { version: '1.23' })],
      mode: 'observe',
      env: { EKSCTL: '/nowhere/eksctl' },
    });
    await world.types('maya', '/eks-upgrade lagoon 1.24');
    await world.comesTo('observed');
    expect(world.text('card')).toMatch(
      /^The upgrade of lagoon from 1\.23 to 1\.24 was planned in observe mode, and that is all\./,
    );
    const card = world.content('card');
    expect(card).toContain('Observe mode: upgrade of lagoon from 1.23 to 1.24');
    expect(card).toContain('control plane 1.23 → 1.24');
    expect(card).toMatch(
      /For this plan it would also need rights in Kubernetes .*patch nodes and daemonsets aws-node in kube-system/,
    );
    expect(world.buttons()).toEqual([]);
    expect(world.notices()).toEqual([]);
    expect(world.cloud.effects()).toEqual([]);
    expect(await world.eksctlCalls()).toEqual([]);
  },
);

function shippedWithout(action: string): PolicyDocument[] {
  return SHIPPED.upgrade.policies.map((file) => {
    const { Statement, Version } = shippedPolicy(file, ['coast']);
    const left = Statement.map((each) => ({
      ...each,
      Action: listOf(each.Action).filter((other) => other !== action),
    }));
    return { Version, Statement: left };
  });
}
