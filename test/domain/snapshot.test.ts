import { describe, expect, it } from 'vitest';
import { groupVersionText, imageTag, snapshotOf } from '#src/domain/snapshot.ts';
import { aGroup, anObservation, nodesOf, unchecked } from '#test/support/observations.ts';

describe('a snapshot', () => {
  it('has the versions people read: control plane, groups with their nodes, add-ons that are there', () => {
    const observation = anObservation({
      groups: [aGroup('core-a', '1.22', { nodes: nodesOf('core-a', 2, '1.22') })],
      addons: [
        { kind: 'eks', name: 'vpc-cni', version: 'v1.11.4-eksbuild.1', offered: {} },
        {
          kind: 'self-managed',
          name: 'kube-proxy',
          image: '602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/kube-proxy:v1.22.6-eksbuild.1',
        },
        { kind: 'absent', name: 'coredns' },
      ],
    });
    expect(snapshotOf(observation)).toEqual({
      version: '1.22',
      nodeGroups: [{ name: 'core-a', kind: 'self-managed', version: '1.22', nodes: 2 }],
      addons: [
        { name: 'vpc-cni', version: 'v1.11.4-eksbuild.1' },
        { name: 'kube-proxy', version: 'v1.22.6-eksbuild.1' },
      ],
    });
  });

  it('says why a version could not be checked instead of guessing it', () => {
    expect(groupVersionText(unchecked('nb'))).toBe('not checked: its AMI ami-0abc is a custom one');
  });

  it.each([
    ['registry/eks/coredns:v1.8.7-eksbuild.1', 'v1.8.7-eksbuild.1'],
    ['registry/eks/coredns:v1.8.7@sha256:abc', 'v1.8.7'],
    ['localhost:5000/coredns:v1', 'v1'],
  ])('takes the tag of %s', (image, tag) => {
    expect(imageTag(image)).toBe(tag);
  });

  it.each(['localhost:5000/coredns', 'registry/coredns@sha256:abc', 'coredns'])(
    'does not take anything else of %s for a tag',
    (image) => {
      expect(imageTag(image)).toBe(image);
    },
  );
});
