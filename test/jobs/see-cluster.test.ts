import { describe, expect, it } from 'vitest';
import { seeAddons } from '#jobs/see-cluster.ts';
import { UserError } from '#src/domain/errors.ts';
import { fakeCloud } from '#test/support/fakes/fake-cloud.ts';

const AT_122 = { cluster: 'coast', from: '1.22', to: '1.22' } as const;
const configMap = (Corefile: string) => ({ kind: 'ConfigMap', metadata: { name: 'coredns' }, data: { Corefile } });

describe('seeAddons', () => {
  it('calls self-managed what EKS does not manage and Kubernetes has, and absent what neither has', async () => {
    const cloud = fakeCloud();
    cloud.addons = [{ name: 'vpc-cni', version: 'v1.11.5-eksbuild.1', status: 'ACTIVE', healthIssues: [] }];
    cloud.workloads.coredns = null;
    const seen = await seeAddons(cloud, AT_122);
    expect(seen.map(({ kind, name }) => `${name} ${kind}`)).toEqual([
      'vpc-cni eks',
      'coredns absent',
      'kube-proxy self-managed',
    ]);
  });

  it.each([
    ['EKS', 'listAddons', 'AwsAccessDenied'],
    ['EKS', 'describeAddon', 'AwsAccessDenied'],
    ['Kubernetes', 'addonWorkload', 'KubernetesForbidden'],
  ])('calls nothing anything when %s denies the answer', async (_, call, code) => {
    const cloud = fakeCloud();
    cloud.addons = [{ name: 'vpc-cni', version: 'v1.11.5-eksbuild.1', status: 'ACTIVE', healthIssues: [] }];
    cloud.failing.set(call, new UserError(code, 'not authorized'));
    await expect(seeAddons(cloud, AT_122)).rejects.toMatchObject({ code });
  });

  it('leaves out an add-on of EKS alone that was taken away since it was listed', async () => {
    const cloud = fakeCloud();
    cloud.eks.listAddons = async () => ['aws-ebs-csi-driver'];
    const seen = await seeAddons(cloud, AT_122);
    expect(seen.map(({ name }) => name)).toEqual(['vpc-cni', 'coredns', 'kube-proxy']);
  });

  it('looks for settings that would be lost only when asked to', async () => {
    const cloud = fakeCloud();
    cloud.addonObjects.coredns = [configMap('mine')];
    const coredns = async (settings: boolean) =>
      (await seeAddons(cloud, { ...AT_122, settings })).find(({ name }) => name === 'coredns');
    expect(await coredns(false)).not.toHaveProperty('lost');
    expect(await coredns(true)).toMatchObject({ lost: [{ object: 'ConfigMap coredns', setting: 'Corefile' }] });
  });
});
