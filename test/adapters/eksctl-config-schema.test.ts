import { describe, expect, it } from 'vitest';
import { readConfig, renderCopyText } from '#src/adapters/eksctl-config-schema.ts';

const CONFIG = {
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: { name: 'coast', region: 'us-west-2', version: '1.22', tags: { owner: 'x' } },
  nodeGroups: [
    {
      name: 'core-a',
      instanceType: 'm5.large',
      minSize: 1,
      maxSize: 6,
      labels: { group: 'core-a', other: 'core-a-x' },
      taints: [],
    },
    {
      name: 'dask',
      amiFamily: 'AmazonLinux2',
      desiredCapacity: 0,
      instancesDistribution: { instanceTypes: ['m5.large', 'm5.xlarge'] },
    },
  ],
  managedNodeGroups: [{ name: 'gpu', instanceTypes: ['g4dn.xlarge'] }],
  somethingNew: { stays: true },
};

describe('readConfig', () => {
  it('reads what the planner looks at', () => {
    const none = { amiFamily: null, minSize: null, maxSize: null, desiredCapacity: null };
    expect(readConfig(JSON.stringify(CONFIG))).toEqual({
      clusterName: 'coast',
      region: 'us-west-2',
      version: '1.22',
      nodeGroups: [
        { ...none, name: 'core-a', kind: 'self-managed', minSize: 1, maxSize: 6, instanceTypes: ['m5.large'] },
        {
          ...none,
          name: 'dask',
          kind: 'self-managed',
          amiFamily: 'AmazonLinux2',
          desiredCapacity: 0,
          instanceTypes: ['m5.large', 'm5.xlarge'],
        },
        { ...none, name: 'gpu', kind: 'managed', instanceTypes: ['g4dn.xlarge'] },
      ],
    });
  });

  it('takes a config without groups, region and version as it is', () => {
    expect(readConfig('{"kind":"ClusterConfig","metadata":{"name":"x"},"nodeGroups":null}')).toEqual({
      clusterName: 'x',
      region: '',
      version: '',
      nodeGroups: [],
    });
  });

  it.each([
    ['no JSON', 'x', 'the config does not evaluate to JSON: correct it, and try it with jsonnet'],
    [
      'no object',
      '[]',
      'the config is not an eksctl ClusterConfig: the document is not an object; correct it, or name the right file',
    ],
    ['no name', '{"kind":"ClusterConfig","metadata":{}}', 'the config is not an eksctl ClusterConfig: metadata.name: '],
    [
      'a group without a name',
      '{"kind":"ClusterConfig","metadata":{"name":"x"},"nodeGroups":[{}]}',
      'the config is not an eksctl ClusterConfig: nodeGroups.0.name: ',
    ],
    [
      'a numeric version',
      '{"kind":"ClusterConfig","metadata":{"name":"x","version":1.3}}',
      'metadata.version: must be a quoted string such as "1.24", but it is 1.3; ',
    ],
  ])('names what is wrong with %s', (_, text, message) => {
    expect(() => readConfig(text)).toThrow(message);
  });
});

describe('renderCopyText', () => {
  const copy = (renames: { from: string; to: string }[]): unknown =>
    JSON.parse(renderCopyText(JSON.stringify(CONFIG), { version: '1.24', renames }));

  it('changes the version and nothing else', () => {
    expect(copy([])).toEqual({ ...CONFIG, metadata: { ...CONFIG.metadata, version: '1.24' } });
  });

  it('renames a core group, with the values that are its name', () => {
    const [core, ...others] = CONFIG.nodeGroups;
    expect(copy([{ from: 'core-a', to: 'core-b' }])).toEqual({
      ...CONFIG,
      metadata: { ...CONFIG.metadata, version: '1.24' },
      nodeGroups: [{ ...core, name: 'core-b', labels: { group: 'core-b', other: 'core-a-x' } }, ...others],
    });
  });
});
