import { describe, expect, it } from 'vitest';
import { proveGroup } from '#src/domain/group-proof.ts';
import { aGroup, nodesOf, unchecked } from '#test/support/observations.ts';

const prove = (changes: Parameters<typeof aGroup>[2]) => proveGroup(aGroup('nb', '1.24', changes), '1.24');
const kubelet = (version: '1.23' | '1.24') => ({ kind: 'kubelet' as const, version });
const wants = (desired: number) => ({ min: 0, max: 5, desired });

describe('a node group is proven', () => {
  it.each(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'ACTIVE'])(
    'by a complete stack, all nodes Ready, and the version: %s',
    (status) => {
      const nodes = nodesOf('nb', 2, '1.24');
      expect(prove({ status, nodes, version: kubelet('1.24'), sizes: wants(2) })).toEqual({
        kind: 'proven',
        evidence: `nb: ${nodes.map(({ name }) => name).join(', ')} Ready at 1.24`,
      });
    },
  );

  it('without a node by the AMI of its launch template', () => {
    expect(prove({})).toEqual({
      kind: 'proven',
      evidence: 'nb: no nodes wanted, AMI amazon-eks-node-al2023-x86_64-standard-1.24-v20230105',
    });
  });

  it('with a custom AMI only as far as that goes, and the evidence says so', () => {
    expect(proveGroup(unchecked('nb'), '1.24')).toEqual({
      kind: 'proven',
      evidence: 'nb: no nodes wanted, version not checked (its AMI ami-0abc is a custom one)',
    });
  });

  it('as a managed one by what EKS shows', () => {
    expect(proveGroup(aGroup('web', '1.24', { kind: 'managed' }), '1.24')).toEqual({
      kind: 'proven',
      evidence: 'web: no nodes wanted, at 1.24',
    });
  });
});

describe('a node group is not proven', () => {
  it('when it is missing', () => expect(proveGroup(undefined, '1.24')).toEqual({ kind: 'missing' }));

  it.each([
    'CREATE_IN_PROGRESS',
    'DELETE_IN_PROGRESS',
    'UPDATE_ROLLBACK_IN_PROGRESS',
    'CREATING',
    'UPDATING',
    'DELETING',
  ])('while it is %s', (status) => {
    expect(prove({ status })).toEqual({ kind: 'in-progress', status });
  });

  it.each(['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED', 'DEGRADED', 'SOMETHING_NEW'])(
    'when it is %s',
    (status) => {
      expect(prove({ status })).toEqual({ kind: 'failed', status });
    },
  );

  it('at another version, whatever its AMI says once it has nodes', () => {
    expect(prove({ nodes: nodesOf('nb', 1, '1.23'), version: kubelet('1.23') })).toEqual({
      kind: 'wrong-version',
      version: '1.23',
    });
  });

  it('with fewer nodes than it wants', () => {
    expect(prove({ sizes: wants(3), nodes: nodesOf('nb', 1, '1.24'), version: kubelet('1.24') })).toEqual({
      kind: 'nodes-missing',
      ready: 1,
      wanted: 3,
    });
  });

  it('with a node that is not Ready, though it wants fewer', () => {
    const nodes = nodesOf('nb', 2, '1.24').map((node, i) => ({ ...node, ready: i === 0 }));
    expect(prove({ sizes: wants(1), nodes, version: kubelet('1.24') })).toEqual({
      kind: 'nodes-missing',
      ready: 1,
      wanted: 2,
    });
  });
});
