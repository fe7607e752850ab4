import { readFile } from 'node:fs/promises';
import { messageOf } from '#src/domain/errors.ts';
import fields from './config-fields.json' with { type: 'json' };
import { EksctlError } from './eksctl-error.ts';

export type GroupConfig = {
  name: string;
  ami?: string;
  amiFamily?: string;
  instanceType?: string;
  instanceTypes?: string[];
  instancesDistribution?: { instanceTypes?: string[] };
  minSize?: number;
  maxSize?: number;
  desiredCapacity?: number;
  labels?: Record<string, string>;
  tags?: Record<string, string>;
  availabilityZones?: string[];
  ssh?: { publicKeyPath?: string };
  iam?: { withAddonPolicies?: { autoScaler?: boolean } };
};

export type ClusterConfig = {
  metadata: { name: string; region: string; version?: string; tags?: Record<string, string> };
  nodeGroups: GroupConfig[];
  managedNodeGroups: GroupConfig[];
};

/** Flags a config file takes the place of: pkg/ctl/cmdutils/configfile.go, `defaultFlagsIncompatibleWithConfigFile`. */
const INCOMPATIBLE = ['cluster', 'name', 'region', 'version'];

/** Loads the config of `--config-file`, as strictly as eksctl (pkg/eks/api.go, `LoadConfigWithReader`). */
export async function loadConfig(flags: ReadonlyMap<string, string>): Promise<ClusterConfig> {
  const file = flags.get('config-file');
  if (file === undefined) return clusterOfFlags(flags);
  const config = await parseConfig(file);
  const metadata = config['metadata'];
  if (!isRecord(metadata)) throw new EksctlError('metadata must be set');
  const incompatible = INCOMPATIBLE.find((flag) => flags.has(flag));
  if (incompatible !== undefined) throw new EksctlError(`cannot use --${incompatible} when --config-file/-f is set`);
  for (const field of ['name', 'region']) {
    if (typeof metadata[field] !== 'string' || metadata[field] === '')
      throw new EksctlError(`metadata.${field} must be set`);
  }
  return {
    metadata,
    nodeGroups: config['nodeGroups'] ?? [],
    managedNodeGroups: config['managedNodeGroups'] ?? [],
  } as unknown as ClusterConfig;
}

/** As in the command that the bot shows when it is not mapped; the simulator knows it for commands that need no more. */
function clusterOfFlags(flags: ReadonlyMap<string, string>): ClusterConfig {
  const name = flags.get('cluster');
  const region = flags.get('region');
  if (name === undefined || region === undefined)
    throw new EksctlError('the simulated eksctl needs --config-file, or --cluster and --region');
  return { metadata: { name, region }, nodeGroups: [], managedNodeGroups: [] };
}

async function parseConfig(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new EksctlError(
      `reading config file "${file}": open ${file}: ${messageOf(error).includes('ENOENT') ? 'no such file or directory' : messageOf(error)}`,
    );
  });
  const fail = (what: string): never => {
    throw new EksctlError(`loading config file "${file}": ${what}`);
  };
  const config = await parseText(text).catch((error: unknown) =>
    fail(`error converting YAML to JSON: yaml: ${messageOf(error)}`),
  );
  if (!isRecord(config) || config['kind'] !== 'ClusterConfig')
    return fail(`Object 'Kind' is missing in '${text.slice(0, 40)}'`);
  if (config['apiVersion'] !== 'eksctl.io/v1alpha5')
    return fail(`no kind "ClusterConfig" is registered for version "${String(config['apiVersion'])}" in scheme`);
  checkFields(config, fail);
  return config;
}

async function parseText(text: string): Promise<unknown> {
  if (text.trimStart().startsWith('{')) return JSON.parse(text);
  const { parse } = await import('yaml');
  return parse(text, { merge: true });
}

function checkFields(config: Record<string, unknown>, fail: (what: string) => never): void {
  const unknownIn = (value: unknown, known: readonly string[]): void => {
    if (!isRecord(value)) return;
    const field = Object.keys(value).find((name) => !known.includes(name));
    if (field !== undefined) fail(`error unmarshaling JSON: while decoding JSON: json: unknown field "${field}"`);
  };
  unknownIn(config, fields.ClusterConfig);
  unknownIn(config['metadata'], fields.ClusterMeta);
  for (const group of listOf(config['nodeGroups'])) unknownIn(group, fields.NodeGroup);
  for (const group of listOf(config['managedNodeGroups'])) unknownIn(group, fields.ManagedNodeGroup);
  const version = isRecord(config['metadata']) ? config['metadata']['version'] : undefined;
  if (version !== undefined && typeof version !== 'string') {
    fail(`json: cannot unmarshal ${typeof version} into Go struct field ClusterMeta.metadata.version of type string`);
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
