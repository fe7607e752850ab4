import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { SkewPolicy } from '#src/domain/skew.ts';
import type { ClusterConfig, WorldSeed } from '#test/simulators/cloud/options.ts';
import type { DemoFleet } from '#test/simulators/demo/fleet.ts';
import { hostedProgram } from './hosted-subprocess.ts';

/** A cluster of a scenario: its config as it stands in git, and how its world begins. */
export type ScenarioCluster = {
  name: string;
  file: string;
  source: string;
  skew: SkewPolicy;
  /** Of the fleet file. */
  allowAmiFamilyChange?: boolean;
  overwriteAddons?: boolean;
  seed: Partial<Omit<WorldSeed, 'config' | 'account'>>;
  /** More of its entry in the fleet file. */
  fleet?: object;
};

type Wish = { version: string; skew?: SkewPolicy; seed?: ScenarioCluster['seed']; fleet?: object };

/** `maxSize`: of the core group. */
type CoreWish = Wish & { maxSize?: number };

/** One core group and one for people, made by eksctl itself; add-ons that nobody manages. The config imports a file. */
export function selfManaged(
  name: string,
  { version, skew = 'supported', seed = {}, fleet = {}, maxSize = 10 }: CoreWish,
): ScenarioCluster {
  const source = `local nodeGroup = import 'libsonnet/node-group.libsonnet';

{
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: {
    name: '${name}',
    region: 'us-west-2',
    version: '${version}',
  },
  nodeGroups: [
    nodeGroup { name: 'core-a', minSize: 1, maxSize: ${maxSize}, desiredCapacity: 1 },
    nodeGroup { name: 'nb-small', labels: { 'hub.jupyter.org/node-purpose': 'user' } },
  ],
}
`;
  return { name, file: `${name}.jsonnet`, source, skew, seed, fleet };
}

const NODE_GROUP = `{
  amiFamily: 'AmazonLinux2',
  instanceType: 'm5.large',
  minSize: 0,
  maxSize: 10,
  desiredCapacity: self.minSize,
}
`;

/** Managed groups and EKS add-ons, in YAML: an upgrade needs no eksctl command. `amiFamily`: AmazonLinux2 up to 1.29. */
export function managed(
  name: string,
  { version, skew = 'supported', seed = {}, fleet = {}, amiFamily = 'AmazonLinux2023' }: Wish & { amiFamily?: string },
): ScenarioCluster {
  const source = `# ${name}, as one would make it today
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata:
  name: ${name}
  region: eu-central-1
  version: "${version}"
addons:
  - name: vpc-cni
  - name: coredns
  - name: kube-proxy
managedNodeGroups:
  - name: core
    amiFamily: ${amiFamily}
    instanceType: m7i.large
    minSize: 1
    maxSize: 3
    desiredCapacity: 1
  - name: nb-small
    amiFamily: ${amiFamily}
    instanceType: m7i.large
    minSize: 0
    maxSize: 10
    desiredCapacity: 0
`;
  return { name, file: `${name}.yaml`, source, skew, seed, fleet };
}

/** Writes the configs into a folder, as they are in git, and evaluates each as the simulated world needs it. */
export async function writeConfigs(folder: string, clusters: readonly ScenarioCluster[]): Promise<DemoFleet> {
  await mkdir(join(folder, 'libsonnet'), { recursive: true });
  await writeFile(join(folder, 'libsonnet/node-group.libsonnet'), NODE_GROUP);
  return {
    folder,
    clusters: await Promise.all(
      clusters.map(
        async ({ name, file, source, skew, allowAmiFamilyChange = false, overwriteAddons = false, fleet = {} }) => {
          await writeFile(join(folder, file), source);
          const config = parse(file.endsWith('.jsonnet') ? await evaluate(folder, file) : source) as ClusterConfig;
          return { name, file, config, skew, coreGroups: ['core-*'], allowAmiFamilyChange, overwriteAddons, fleet };
        },
      ),
    ),
  };
}

async function evaluate(folder: string, file: string): Promise<string> {
  return (await hostedProgram('jsonnet', [file], { cwd: folder, env: { PATH: process.env['PATH'] ?? '' } })).stdout;
}
