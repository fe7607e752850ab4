import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { UserError } from '#src/domain/errors.ts';
import type { SkewPolicy } from '#src/domain/skew.ts';
import type { ClusterConfig } from '../cloud/options.ts';

const run = promisify(execFile);

export const ACCOUNT = '111122223333';
const EXAMPLES = resolve(import.meta.dirname, 'examples/eksctl');

/** A cluster of the demo: its config's file, and what that evaluates to when the world begins. */
export type DemoCluster = {
  name: string;
  file: string;
  config: ClusterConfig;
  skew: SkewPolicy;
  coreGroups: string[];
  /** Absent: no. */
  allowAmiFamilyChange?: boolean;
  overwriteAddons?: boolean;
  /** More of its entry in the fleet file. */
  fleet?: object;
};

export type DemoFleet = { folder: string; clusters: DemoCluster[] };

/** The example fleet, or one cluster made from any eksctl ClusterConfig with its imports beside it. */
export async function demoFleet({ config, skew }: { config: string | null; skew: SkewPolicy }): Promise<DemoFleet> {
  if (config === null) {
    const files = ['coast.jsonnet', 'harbor.yaml', 'lagoon.yaml'];
    return {
      folder: EXAMPLES,
      clusters: await Promise.all(files.map((file) => demoCluster(EXAMPLES, { file, skew }))),
    };
  }
  const folder = dirname(resolve(config));
  return { folder, clusters: [await demoCluster(folder, { file: basename(config), skew })] };
}

async function demoCluster(folder: string, { file, skew }: { file: string; skew: SkewPolicy }): Promise<DemoCluster> {
  const config = await evaluate(folder, file);
  // Configs of their time do not say it, and today's eksctl makes another operating system of them.
  const allowAmiFamilyChange = (config.nodeGroups ?? []).some(({ amiFamily }) => amiFamily === undefined);
  return { name: config.metadata.name, file, config, skew, coreGroups: ['core-*'], allowAmiFamilyChange };
}

async function evaluate(folder: string, file: string): Promise<ClusterConfig> {
  try {
    const text = file.endsWith('.jsonnet')
      ? (await run(process.env.JSONNET || 'jsonnet', [file], { cwd: folder, maxBuffer: 64 * 1024 * 1024 })).stdout
      : await readFile(resolve(folder, file), 'utf8');
    const config = parse(text) as ClusterConfig | null;
    if (typeof config?.metadata?.name !== 'string') throw new Error('it has no metadata.name');
    return config;
  } catch (error) {
    throw new UserError(
      'BadConfig',
      `${resolve(folder, file)} is no eksctl ClusterConfig: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** The fleet file of the demo's world, as its operators would have written it. */
export function fleetFile(
  fleet: DemoFleet,
  place: {
    teamId: string;
    channel: string;
    remote: string | ((cluster: string) => string);
    people: { requester: string; approver: string };
  },
): object {
  return {
    teamId: place.teamId,
    maintenanceChannel: place.channel,
    requesters: { users: [place.people.requester, place.people.approver] },
    approvers: { users: [place.people.requester, place.people.approver] },
    clusters: fleet.clusters.map(
      ({
        name,
        file,
        config,
        skew,
        coreGroups,
        allowAmiFamilyChange = false,
        overwriteAddons = false,
        fleet: more,
      }) => ({
        name,
        region: config.metadata.region,
        account: ACCOUNT,
        config: {
          remote: typeof place.remote === 'string' ? place.remote : place.remote(name),
          branch: 'main',
          path: file,
        },
        coreGroups,
        skewPolicy: skew,
        allowAmiFamilyChange,
        overwriteAddons,
        ...more,
      }),
    ),
  };
}
