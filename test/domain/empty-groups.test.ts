import { describe, expect, test } from 'vitest';
import { groupsToProve } from '#src/domain/empty-groups.ts';
import type { ConfigNodeGroup } from '#src/domain/observation.ts';
import { aConfigGroup } from '../support/observations.ts';

const group = (name: string, config: Partial<ConfigNodeGroup>, version: '1.23' | null = '1.23') => ({
  version,
  config: { ...aConfigGroup(name), minSize: 0, maxSize: 10, desiredCapacity: 0, amiFamily: 'AmazonLinux2', ...config },
});

const GROUPS = [
  group('gpu', { instanceTypes: ['g5.xlarge'] }),
  group('huge', { instanceTypes: ['m5.24xlarge'] }),
  group('small', { instanceTypes: ['m5.large'] }),
  group('arm', { instanceTypes: ['m6g.large'] }),
  group('arm-gpu', { instanceTypes: ['g5g.xlarge'] }),
  group('al2023', { instanceTypes: ['m5.2xlarge'], amiFamily: 'AmazonLinux2023' }),
  group('unsaid', { instanceTypes: ['m5.xlarge'], amiFamily: null }),
  group('own-ami', { instanceTypes: ['t3.nano'] }, null),
  group('with-nodes', { instanceTypes: ['t3.nano'], desiredCapacity: 1 }),
  group('without-sizes', { instanceTypes: ['t3.nano'], desiredCapacity: null, minSize: null }),
  group('shut', { instanceTypes: ['t3.nano'], maxSize: 0 }),
  group('managed', { instanceTypes: ['t3.nano'], kind: 'managed' }),
];

describe('which groups are proven by a node', () => {
  test('none, all that want no nodes and may have one, or one of each AMI family and architecture', () => {
    expect(groupsToProve(GROUPS, 'none')).toEqual([]);
    expect(groupsToProve(GROUPS, 'all')).toEqual([
      'gpu',
      'huge',
      'small',
      'arm',
      'arm-gpu',
      'al2023',
      'unsaid',
      'own-ami',
    ]);
    expect(groupsToProve(GROUPS, 'one')).toEqual(['small', 'arm', 'unsaid']);
  });

  test('a family that has only accelerated types is proven by one of them', () => {
    expect(groupsToProve([group('gpu', { instanceTypes: ['p4d.24xlarge'] })], 'one')).toEqual(['gpu']);
  });

  test('of those alike the first is taken', () => {
    const alike = ['b', 'a'].map((name) => group(name, { instanceTypes: ['m5.large'] }));
    expect(groupsToProve(alike, 'one')).toEqual(['b']);
  });
});
