import { describe, expect, test } from 'vitest';
import {
  toEksCluster,
  toEksUpdate,
  toManagedNodeGroup,
  toOfferedAddonVersions,
  toOfferedVersions,
} from '#src/adapters/eks-mapping.ts';

describe('a cluster', () => {
  const cluster = {
    name: 'coast',
    arn: 'arn:aws:eks:us-west-2:111122223333:cluster/coast',
    status: 'ACTIVE',
    version: '1.22',
    platformVersion: 'eks.3',
    endpoint: 'https://x',
    certificateAuthority: { data: Buffer.from('-----BEGIN').toString('base64') },
  } as const;

  test('from before access entries has the authentication mode CONFIG_MAP and no Auto Mode', () => {
    expect(toEksCluster(cluster, 'us-west-2')).toMatchObject({
      authenticationMode: 'CONFIG_MAP',
      autoMode: false,
      certificateAuthority: '-----BEGIN',
      healthIssues: [],
    });
  });

  test('says what EKS holds against its health', () => {
    const health = { issues: [{ code: 'Ec2SubnetNotFound', message: 'subnet-1 is gone' }] } as const;
    expect(toEksCluster({ ...cluster, health: { issues: [...health.issues] } }, 'us-west-2').healthIssues).toEqual([
      'Ec2SubnetNotFound: subnet-1 is gone',
    ]);
  });

  test('that is still being made has no address yet: later', () => {
    const { endpoint: _, ...young } = cluster;
    expect(() => toEksCluster({ ...young, status: 'CREATING' }, 'us-west-2')).toThrow(
      'cluster coast is CREATING and has no API server address yet',
    );
  });

  test('with a version that is not 1.N is a stop, not a guess', () => {
    expect(() => toEksCluster({ ...cluster, version: '2.0' }, 'us-west-2')).toThrow(
      'EKS says cluster coast has the version 2.0',
    );
  });
});

describe('an update', () => {
  const update = { id: 'u1', status: 'InProgress', type: 'VersionUpdate' } as const;

  test.each([
    [
      [
        { type: 'Version', value: '1.23' },
        { type: 'PlatformVersion', value: 'eks.1' },
      ],
      '1.23',
    ],
    [
      [
        { type: 'ReleaseVersion', value: '1.34.1-20260901' },
        { type: 'Version', value: '1.34' },
      ],
      '1.34',
    ],
    [
      [
        { type: 'AddonVersion', value: 'v1.12.6-eksbuild.2' },
        { type: 'ResolveConflicts', value: 'PRESERVE' },
      ],
      'v1.12.6-eksbuild.2',
    ],
    [[{ type: 'ClusterLogging', value: '{}' }], null],
  ] as const)('with %j asks for %s', (params, version) => {
    expect(toEksUpdate({ ...update, params: [...params] }).version).toBe(version);
  });

  test('that failed keeps EKS’s codes, words and resources', () => {
    const errors = [
      { errorCode: 'IpNotAvailable', errorMessage: 'no free addresses', resourceIds: ['subnet-1'] },
    ] as const;
    expect(
      toEksUpdate({ ...update, status: 'Failed', errors: [{ ...errors[0], resourceIds: ['subnet-1'] }] }).errors,
    ).toEqual([{ code: 'IpNotAvailable', message: 'no free addresses', resources: ['subnet-1'] }]);
  });

  test('with a status we do not know is not taken for an ended one', () => {
    expect(() => toEksUpdate({ ...update, status: 'Paused' as never })).toThrow('update u1 has the status Paused');
  });
});

test('a managed node group without sizes or health has none', () => {
  expect(toManagedNodeGroup({ nodegroupName: 'workers', status: 'ACTIVE', version: '1.34' })).toEqual({
    name: 'workers',
    status: 'ACTIVE',
    version: '1.34',
    releaseVersion: null,
    sizes: { min: 0, max: 0, desired: 0 },
    healthIssues: [],
  });
});

test('offered versions: oldest first, unsupported ones left out, either field for the status', () => {
  const end = new Date('2026-12-02T00:00:00Z');
  expect(
    toOfferedVersions([
      { clusterVersion: '1.34', versionStatus: 'STANDARD_SUPPORT', endOfStandardSupportDate: end },
      { clusterVersion: '1.9', status: 'extended-support' },
      { clusterVersion: '1.30', versionStatus: 'UNSUPPORTED' },
      { clusterVersion: '1.33', versionStatus: 'EXTENDED_SUPPORT', endOfExtendedSupportDate: end },
    ]),
  ).toEqual([
    { version: '1.9', support: 'extended', standardSupportEnds: null, extendedSupportEnds: null },
    { version: '1.33', support: 'extended', standardSupportEnds: null, extendedSupportEnds: '2026-12-02' },
    { version: '1.34', support: 'standard', standardSupportEnds: '2026-12-02', extendedSupportEnds: null },
  ]);
});

describe('versions of an add-on', () => {
  const offered = (addonVersion: string, clusterVersion: string, defaultVersion = false) => ({
    addonVersion,
    compatibilities: [{ clusterVersion, defaultVersion }],
  });

  test('newest first by number, with the default EKS names', () => {
    const addonVersions = [
      offered('v1.12.6-eksbuild.2', '1.24', true),
      offered('v1.12.6-eksbuild.10', '1.24'),
      offered('v1.9.0-eksbuild.1', '1.24'),
      offered('v1.20.0-eksbuild.1', '1.30'),
    ];
    expect(toOfferedAddonVersions([{ addonName: 'vpc-cni', addonVersions }], '1.24')).toEqual({
      defaultVersion: 'v1.12.6-eksbuild.2',
      versions: ['v1.12.6-eksbuild.10', 'v1.12.6-eksbuild.2', 'v1.9.0-eksbuild.1'],
    });
  });

  test('without a default the newest is it; without a fitting one there is nothing', () => {
    const addonVersions = [offered('v1.1.0-eksbuild.1', '1.24')];
    expect(toOfferedAddonVersions([{ addonVersions }], '1.24')?.defaultVersion).toBe('v1.1.0-eksbuild.1');
    expect(toOfferedAddonVersions([{ addonVersions }], '1.25')).toBeNull();
    expect(toOfferedAddonVersions([], '1.24')).toBeNull();
  });
});
