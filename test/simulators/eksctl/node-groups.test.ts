import { afterEach, describe, expect, it } from 'vitest';
import { COAST, COAST_B, type EksctlWorld, startEksctlWorld } from './testing.ts';

let world: EksctlWorld;
afterEach(() => world.stop());

function group(name: string) {
  return world.cloud.snapshot('coast').nodeGroups.find((candidate) => candidate.name === name);
}

function effectsOf(kind: string) {
  return world.cloud.effects().filter(({ effect }) => effect === kind);
}

describe('create nodegroup', () => {
  it("makes the stack, maps the role and waits for Ready nodes; the version is the config's", async () => {
    world = await startEksctlWorld();
    const { exitCode, stdout } = await world.eksctl(['create', 'nodegroup', '--include=core-b'], COAST_B);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[ℹ\] {2}nodegroup "core-b" will use "ami-\w+" \[AmazonLinux2023\/1\.23\]$/m,
    );
    expect(stdout).toContain('[ℹ]  deploying stack "eksctl-coast-nodegroup-core-b"');
    expect(stdout).toContain('[✔]  created 1 nodegroup(s) in cluster "coast"');
    expect(group('core-b')).toMatchObject({ version: '1.23', nodes: 1, readyNodes: 1, stackStatus: 'CREATE_COMPLETE' });
    expect(world.cloud.effects().every(({ caller }) => caller === 'eksctl')).toBe(true);
  });

  it('only warns of a version ahead of the control plane', async () => {
    world = await startEksctlWorld({ world: { version: '1.22' } });
    const { exitCode, stdout } = await world.eksctl(['create', 'nodegroup', '--include=core-b'], COAST_B);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('[!]  will use version 1.23 for new nodegroup(s), while control plane version is 1.22');
    expect(group('core-b')?.version).toBe('1.23');
  });

  it('leaves out a group that exists, and calls that a success', async () => {
    world = await startEksctlWorld();
    const { exitCode, stdout } = await world.eksctl(['create', 'nodegroup', '--include=core-a']);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('3 existing nodegroup(s) (core-a,dask-m5-large,nb-m5-large) will be excluded');
    expect(stdout).toContain('[✔]  created 0 nodegroup(s) in cluster "coast"');
    expect(effectsOf('stack-create-started')).toEqual([]);
  });

  it('leaves out a group that is being deleted', async () => {
    world = await startEksctlWorld({ options: { durations: { stackDelete: 60 * 60_000 } } });
    await world.eksctl(['delete', 'nodegroup', '--include=core-a', '--approve', '--drain=false']);
    expect(group('core-a')?.stackStatus).toBe('DELETE_IN_PROGRESS');
    const { exitCode, stdout } = await world.eksctl(['create', 'nodegroup', '--include=core-a']);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('created 0 nodegroup(s)');
    expect(effectsOf('stack-create-started')).toEqual([]);
  });

  it('exits 1 when a glob matches nothing in the file', async () => {
    world = await startEksctlWorld();
    expect(await world.eksctl(['create', 'nodegroup', '--include=core-z,gpu-*'])).toMatchObject({
      exitCode: 1,
      stderr: 'Error: no nodegroups match include glob filter specification: "core-z,gpu-*"',
    });
  });

  it('exits 1 when one stack rolls back, without its reason, and maps none of the roles', async () => {
    world = await startEksctlWorld({ options: { faults: [{ cluster: 'coast', name: 'stack-rolls-back', times: 1 }] } });
    const { exitCode, stdout, stderr } = await world.eksctl(['create', 'nodegroup', '--include=core-b'], COAST_B);

    expect(exitCode).toBe(1);
    expect(stderr).toBe('Error: failed to create nodegroups for cluster "coast"');
    expect(stdout).toContain('[✖]  waiter state transitioned to Failure');
    expect(effectsOf('object-changed')).toEqual([]);
    expect(group('core-b')?.stackStatus).toMatch(/^ROLLBACK/);
  });

  it('times out when nodes do not become Ready, and a re-run no longer waits', async () => {
    world = await startEksctlWorld({ options: { durations: { nodeReady: 24 * 60 * 60_000 } } });
    const { exitCode, stderr } = await world.eksctl(
      ['create', 'nodegroup', '--include=core-b', '--timeout=12m'],
      COAST_B,
    );
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'Error: timed out waiting for at least 1 nodes to join the cluster and become ready in "core-b": context deadline exceeded',
    );
    expect(await world.eksctl(['create', 'nodegroup', '--include=core-b'], COAST_B)).toMatchObject({ exitCode: 0 });
  });

  it('does not wait for nodes of a group whose minimum is 0', async () => {
    world = await startEksctlWorld({ options: { durations: { nodeReady: 24 * 60 * 60_000 } } });
    const config = {
      ...COAST,
      nodeGroups: [...COAST.nodeGroups, { name: 'nb-new', minSize: 0, maxSize: 10, desiredCapacity: 0 }],
    };
    expect(await world.eksctl(['create', 'nodegroup', '--include=nb-new'], config)).toMatchObject({ exitCode: 0 });
    expect(group('nb-new')).toMatchObject({ nodes: 0 });
  });

  it('puts an access entry into the stack where the cluster has them, and leaves aws-auth alone', async () => {
    world = await startEksctlWorld({ world: { authenticationMode: 'API_AND_CONFIG_MAP' } });
    expect(await world.eksctl(['create', 'nodegroup', '--include=core-b'], COAST_B)).toMatchObject({ exitCode: 0 });
    expect(group('core-b')).toMatchObject({ readyNodes: 1 });
    expect(effectsOf('object-changed')).toEqual([]);
  });

  it('makes managed groups too', async () => {
    world = await startEksctlWorld();
    const config = {
      ...COAST,
      managedNodeGroups: [{ name: 'managed-a', instanceType: 'm5.large', minSize: 1, maxSize: 2, desiredCapacity: 1 }],
    };
    const { exitCode, stdout } = await world.eksctl(['create', 'nodegroup', '--include=managed-a'], config);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('[✔]  created 1 managed nodegroup(s) in cluster "coast"');
    expect(group('managed-a')).toMatchObject({ kind: 'managed', readyNodes: 1 });
  });

  it('resolves the AMIs of all groups of the file before the filter: one bad one fails the command', async () => {
    world = await startEksctlWorld();
    const config = { ...COAST_B, nodeGroups: [...COAST_B.nodeGroups, { name: 'odd', amiFamily: 'Plan9', minSize: 0 }] };
    expect(await world.eksctl(['create', 'nodegroup', '--include=core-b'], config)).toMatchObject({
      exitCode: 1,
      stderr: 'Error: unknown image family Plan9',
    });
    expect(effectsOf('stack-create-started')).toEqual([]);
  });
});

describe('delete nodegroup', () => {
  it('returns at once without --wait and says "deleted"', async () => {
    world = await startEksctlWorld({ options: { durations: { stackDelete: 60 * 60_000 } } });
    const { exitCode, stdout } = await world.eksctl([
      'delete',
      'nodegroup',
      '--include=core-a',
      '--approve',
      '--drain=false',
    ]);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('[✔]  deleted 1 nodegroup(s) from cluster "coast"');
    expect(stdout).toContain('removing identity "arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-core-a-');
    expect(group('core-a')?.stackStatus).toBe('DELETE_IN_PROGRESS');
  });

  it('with --wait sees the stacks gone', async () => {
    world = await startEksctlWorld();
    const { exitCode } = await world.eksctl([
      'delete',
      'nodegroup',
      '--include=core-a,nb-*',
      '--approve',
      '--drain=false',
      '--wait',
    ]);

    expect(exitCode).toBe(0);
    expect(world.cloud.snapshot('coast').nodeGroups.map(({ name }) => name)).toEqual(['dask-m5-large']);
  });

  it('drains unless told not to: cordons, evicts, then deletes', async () => {
    // Two core nodes, which CoreDNS runs on: the simulated scheduler would put its pods back on a cordoned node.
    world = await startEksctlWorld({ world: { activity: 2, nodesPerGroup: { 'core-a': 2, 'nb-m5-large': 1 } } });
    const { exitCode, stdout } = await world.eksctl(['delete', 'nodegroup', '--include=nb-*', '--approve', '--wait']);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\[ℹ\] {2}cordon node "ip-/);
    expect(stdout).toMatch(/\[✔\] {2}drained all nodes: \[ip-/);
    expect(stdout.indexOf('drained all nodes')).toBeLessThan(stdout.indexOf('will delete stack'));
    expect(group('nb-m5-large')).toBeUndefined();
  });

  it('without --approve only plans', async () => {
    world = await startEksctlWorld();
    const { exitCode, stdout } = await world.eksctl(['delete', 'nodegroup', '--include=core-a']);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('[✔]  (plan) would have deleted 1 nodegroup(s) from cluster "coast"');
    expect(stdout).toContain(`[!]  no changes were applied, run again with '--approve' to apply the changes`);
    expect(world.cloud.effects()).toEqual([]);
  });

  it('of a self-managed group without a stack warns and exits 0', async () => {
    world = await startEksctlWorld();
    const { exitCode, stdout } = await world.eksctl(
      ['delete', 'nodegroup', '--include=core-b', '--approve', '--drain=false', '--wait'],
      COAST_B,
    );

    expect(exitCode).toBe(0);
    expect(stdout).toContain('stack not found for nodegroup "core-b"');
    expect(stdout).toContain('deleted 1 nodegroup(s)');
  });

  it('exits 1 when a stack cannot be deleted', async () => {
    world = await startEksctlWorld({ options: { faults: [{ cluster: 'coast', name: 'delete-fails', times: 1 }] } });
    expect(
      await world.eksctl(['delete', 'nodegroup', '--include=core-a', '--approve', '--drain=false', '--wait']),
    ).toMatchObject({
      exitCode: 1,
      stderr: 'Error: failed to delete nodegroup(s)',
    });
  });
});
