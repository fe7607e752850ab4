import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '#src/domain/errors.ts';
import type { Eks, EksUpdate, UpdateRef } from '#src/ports/eks.ts';
import type { CloudWorld, MakeWorld } from './cloud-world.ts';

/** What every `Eks` must do, whoever is behind it. */
export function describeEksContract(makeWorld: MakeWorld): void {
  let world: CloudWorld;
  let coast: Eks;
  let harbor: Eks;

  beforeEach(async () => {
    world = await makeWorld();
    coast = world.cloudOf(world.coast).eks;
    harbor = world.cloudOf(world.harbor).eks;
  });
  afterEach(() => world.close());

  async function ended(eks: Eks, ref: UpdateRef): Promise<EksUpdate> {
    await expect.poll(async () => (await eks.describeUpdate(ref)).status, { timeout: 10_000 }).not.toBe('InProgress');
    return eks.describeUpdate(ref);
  }

  describe('a cluster', () => {
    test('is described with its version, its address and its CA', async () => {
      expect(await coast.describeCluster('coast')).toMatchObject({
        name: 'coast',
        region: 'us-west-2',
        status: 'ACTIVE',
        version: '1.22',
        authenticationMode: 'CONFIG_MAP',
        autoMode: false,
        healthIssues: [],
        arn: 'arn:aws:eks:us-west-2:111122223333:cluster/coast',
        endpoint: expect.stringMatching(/^https:\/\//),
        certificateAuthority: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
      });
    });

    test('that does not exist is an error for a person, with its name', async () => {
      const error = await coast.describeCluster('nowhere').catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({ code: 'AwsNotFound', message: expect.stringContaining('nowhere') });
    });
  });

  test('offered versions come oldest first, with the ends of their support', async () => {
    const minors = (await coast.offeredVersions()).map(({ version }) => Number(version.slice(2)));
    expect(minors).toEqual([...minors].sort((a, b) => a - b));
    expect(minors).toEqual(expect.arrayContaining([23, 34]));
    for (const offered of await coast.offeredVersions()) {
      expect(offered.standardSupportEnds ?? '').toMatch(/^(\d{4}-\d\d-\d\d)?$/);
    }
  });

  describe('an upgrade of the control plane', () => {
    const request = { cluster: 'coast', version: '1.23', token: 'run-1/control-plane-1.23/1' } as const;

    test('is in progress, then successful, and the cluster has the version', async () => {
      const started = await coast.updateClusterVersion(request);
      if (started.kind !== 'started') throw new Error(`expected a started update, got ${started.kind}`);
      const ref = { cluster: 'coast', updateId: started.updateId };
      expect(await coast.describeUpdate(ref)).toMatchObject({
        id: started.updateId,
        type: 'VersionUpdate',
        version: '1.23',
        errors: [],
      });
      expect(await ended(coast, ref)).toMatchObject({ status: 'Successful' });
      expect(await coast.describeCluster('coast')).toMatchObject({ version: '1.23', status: 'ACTIVE' });
      expect(await coast.updatesInProgress('coast')).toEqual([]);
    });

    test('asked for again with the same token is the same update', async () => {
      const first = await coast.updateClusterVersion(request);
      expect(await coast.updateClusterVersion(request)).toEqual(first);
    });

    test('while somebody else’s runs is in flight, and that one can be seen', async () => {
      const slow = await makeWorld({ speed: 60 });
      const { eks } = slow.cloudOf(slow.coast);
      slow.break('coast', 'update-by-someone-else');
      expect(await eks.updateClusterVersion(request)).toMatchObject({
        kind: 'in-flight',
        message: expect.stringMatching(/./),
      });
      expect(await eks.updatesInProgress('coast')).toMatchObject([
        { type: 'VersionUpdate', status: 'InProgress', version: '1.23' },
      ]);
      await slow.close();
    });

    test('that fails says so in EKS’s codes, and leaves the version', async () => {
      world.break('coast', 'update-fails');
      const started = await coast.updateClusterVersion(request);
      if (started.kind !== 'started') throw new Error(`expected a started update, got ${started.kind}`);
      const update = await ended(coast, { cluster: 'coast', updateId: started.updateId });
      expect(update).toMatchObject({
        status: 'Failed',
        errors: [{ code: 'IpNotAvailable', message: expect.stringMatching(/./) }],
      });
      expect((await coast.describeCluster('coast')).version).toBe('1.22');
    });

    test('over more than one minor is refused, in EKS’s words', async () => {
      await expect(coast.updateClusterVersion({ ...request, version: '1.24' })).rejects.toBeInstanceOf(UserError);
    });
  });

  describe('managed node groups', () => {
    test('are described with version and sizes', async () => {
      expect(await harbor.managedNodeGroups('harbor')).toEqual([
        {
          name: 'workers',
          status: 'ACTIVE',
          version: '1.33',
          releaseVersion: expect.stringMatching(/^1\.33/),
          sizes: { min: 1, max: 4, desired: 2 },
          healthIssues: [],
        },
      ]);
      expect(await coast.managedNodeGroups('coast')).toEqual([]);
    });

    test('are updated in place, after the control plane', async () => {
      const hop = await harbor.updateClusterVersion({ cluster: 'harbor', version: '1.34', token: 'hop' });
      if (hop.kind !== 'started') throw new Error(`expected a started update, got ${hop.kind}`);
      await ended(harbor, { cluster: 'harbor', updateId: hop.updateId });
      const started = await harbor.updateNodegroupVersion({
        cluster: 'harbor',
        nodeGroup: 'workers',
        version: '1.34',
        token: 'group',
      });
      if (started.kind !== 'started') throw new Error(`expected a started update, got ${started.kind}`);
      const update = await ended(harbor, { cluster: 'harbor', updateId: started.updateId, nodeGroup: 'workers' });
      expect(update).toMatchObject({ status: 'Successful', version: '1.34' });
      expect((await harbor.managedNodeGroups('harbor'))[0]).toMatchObject({ version: '1.34' });
    });
  });

  describe('access entries', () => {
    const principalArn = 'arn:aws:iam::111122223333:role/teams/bot';
    const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

    test('are made with a policy, and made again they are the same', async () => {
      expect(await harbor.accessPolicies('harbor', principalArn)).toBeNull();
      await harbor.grantClusterAccess({ cluster: 'harbor', principalArn, policyArn });
      await harbor.grantClusterAccess({ cluster: 'harbor', principalArn, policyArn });
      expect(await harbor.accessPolicies('harbor', principalArn)).toEqual([policyArn]);
    });

    test('are not there where only aws-auth counts, and cannot be made', async () => {
      expect(await coast.accessPolicies('coast', principalArn)).toBeNull();
      await expect(coast.grantClusterAccess({ cluster: 'coast', principalArn, policyArn })).rejects.toThrow(
        'authentication mode',
      );
    });

    test('of a cluster that does not exist are an error, not null', async () => {
      await expect(coast.accessPolicies('nowhere', principalArn)).rejects.toBeInstanceOf(UserError);
    });
  });

  describe('add-ons', () => {
    test('that EKS manages are listed and described', async () => {
      expect((await harbor.listAddons('harbor')).sort()).toEqual(['coredns', 'kube-proxy', 'vpc-cni']);
      expect(await harbor.describeAddon('harbor', 'kube-proxy')).toMatchObject({
        name: 'kube-proxy',
        status: 'ACTIVE',
        version: expect.stringMatching(/^v1\.33\./),
        healthIssues: [],
      });
    });

    test('that EKS does not manage are null', async () => {
      expect(await coast.listAddons('coast')).toEqual([]);
      expect(await coast.describeAddon('coast', 'kube-proxy')).toBeNull();
    });

    test('of a cluster that does not exist are an error, not null', async () => {
      await expect(coast.describeAddon('nowhere', 'kube-proxy')).rejects.toBeInstanceOf(UserError);
    });

    test('are offered for a Kubernetes version, the default among them', async () => {
      const offered = await harbor.offeredAddonVersions('kube-proxy', '1.34');
      expect(offered?.versions).toContain(offered?.defaultVersion);
      expect(offered?.defaultVersion).toMatch(/^v1\.34\./);
    });

    test('are updated to an exact version', async () => {
      const now = (await harbor.describeAddon('harbor', 'coredns'))?.version;
      const other = (await harbor.offeredAddonVersions('coredns', '1.33'))?.versions.find((version) => version !== now);
      if (other === undefined) throw new Error(`only ${now} of coredns is offered for 1.33`);
      const started = await harbor.updateAddon({ cluster: 'harbor', addon: 'coredns', version: other, token: 'addon' });
      if (started.kind !== 'started') throw new Error(`expected a started update, got ${started.kind}`);
      const update = await ended(harbor, { cluster: 'harbor', updateId: started.updateId, addon: 'coredns' });
      expect(update).toMatchObject({ type: 'AddonUpdate', status: 'Successful', version: other });
      expect(await harbor.describeAddon('harbor', 'coredns')).toMatchObject({ version: other, status: 'ACTIVE' });
    });
  });
}
