import type { SkewPolicy } from '#src/domain/skew.ts';
import type { ClusterConfig, WorldSeed } from '../../simulators/cloud/options.ts';
import type { Random } from './random.ts';

/** A cluster of the storm: what it is before anybody asks for anything, and where it should get. */
export type StormCluster = {
  name: string;
  shape: Shape;
  to: string;
  skew: SkewPolicy;
  config: ClusterConfig;
  seed: Pick<WorldSeed, 'activity' | 'authenticationMode'>;
};

/**
 * - `small`: one managed group and EKS add-ons; no eksctl
 * - `managed`: a managed core group and one for people, EKS add-ons; no eksctl
 * - `rotated`: a self-managed core group that is replaced and a group that is deleted and created again
 */
export const SHAPES = ['small', 'managed', 'rotated'] as const;
export type Shape = (typeof SHAPES)[number];

/** Runs of one account and region share a budget of looks, as they would. */
const REGIONS = ['us-west-2', 'eu-central-1', 'us-east-1', 'ap-southeast-2'] as const;

export function drawCluster(number: number, random: Random): StormCluster {
  const shape = random.pick<Shape>(['small', 'managed', 'managed', 'rotated', 'rotated']);
  const name = `storm-${String(number).padStart(3, '0')}`;
  const region = REGIONS[number % REGIONS.length] ?? REGIONS[0];
  const from = random.pick([24, 25, 26]);
  const hops = random.chance(0.2) ? 2 : 1;
  const version = `1.${from}`;
  const base = {
    apiVersion: 'eksctl.io/v1alpha5',
    kind: 'ClusterConfig',
    metadata: { name, region, version },
    availabilityZones: [`${region}a`, `${region}b`],
  };
  const activity = shape !== 'small' && random.chance(0.25) ? random.between(1, 6) : 0;
  return {
    name,
    shape,
    to: `1.${from + hops}`,
    skew: 'supported',
    config: { ...base, ...groupsOf(shape) },
    seed: {
      activity,
      ...(shape === 'rotated'
        ? { authenticationMode: random.pick(['CONFIG_MAP', 'CONFIG_MAP', 'API_AND_CONFIG_MAP'] as const) }
        : {}),
    },
  };
}

const EKS_ADDONS = [{ name: 'vpc-cni' }, { name: 'coredns' }, { name: 'kube-proxy' }];
const USERS = { 'hub.jupyter.org/node-purpose': 'user' };

function groupsOf(shape: Shape): Partial<ClusterConfig> {
  switch (shape) {
    case 'small': {
      const core = { name: 'core', amiFamily: 'AmazonLinux2', instanceType: 'm5.large', maxSize: 3 };
      return { addons: EKS_ADDONS, managedNodeGroups: [{ ...core, minSize: 1, desiredCapacity: 1 }] };
    }
    case 'managed': {
      const group = { amiFamily: 'AmazonLinux2', instanceType: 'm5.large', maxSize: 10 };
      return {
        addons: EKS_ADDONS,
        managedNodeGroups: [
          { ...group, name: 'core', minSize: 1, desiredCapacity: 1 },
          { ...group, name: 'nb-small', minSize: 0, desiredCapacity: 0, labels: USERS },
        ],
      };
    }
    case 'rotated': {
      const group = { amiFamily: 'AmazonLinux2', instanceType: 'm5.large', maxSize: 10 };
      return {
        addons: [{ name: 'vpc-cni' }, { name: 'kube-proxy' }],
        nodeGroups: [
          { ...group, name: 'core-a', minSize: 1, desiredCapacity: 1 },
          { ...group, name: 'nb-small', minSize: 0, desiredCapacity: 0, labels: USERS },
        ],
      };
    }
    default:
      return shape satisfies never;
  }
}
