import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DescribeUpdateCommand, EKSClient, UpdateClusterVersionCommand } from '@aws-sdk/client-eks';
import { stringify } from 'yaml';
import { type ClusterConfig, defaultCredentials } from '#test/simulators/cloud/options.ts';
import { simulatedAt } from './people.ts';
import type { Interval } from './statistics.ts';
import type { BenchWorld } from './world.ts';

const run = promisify(execFile);

/** Real milliseconds: whoever types looks again at once, so that no pause is held against the runbook. */
const LOOK_MS = 100;

/**
 * The runbook of one minor by hand, one command after the other without a pause, and without looking whether what a
 * command promised is there. The simulated eksctl has no `upgrade cluster`, so the control plane is updated as that
 * command does it: UpdateClusterVersion, then DescribeUpdate until it is successful.
 */
export async function doByHand(
  world: BenchWorld,
  { config, to }: { config: ClusterConfig; to: string },
): Promise<Interval> {
  const { name } = config.metadata;
  const [core, ...others] = (config.nodeGroups ?? []).map((group) => group.name);
  const renamed = `${core?.slice(0, -1)}b`;
  const old = await writeConfig(world, config, { version: to, core: core ?? '' });
  const fresh = await writeConfig(world, config, { version: to, core: renamed });
  const from = Date.now();
  await upgradeControlPlane(world, { name, region: config.metadata.region, to });
  await eksctl(world, ['create', 'nodegroup', `--include=${renamed}`, `--config-file=${fresh}`]);
  await eksctl(world, [
    'delete',
    'nodegroup',
    `--include=${[core, ...others].join(',')}`,
    '--approve',
    '--drain=false',
    '--wait',
    `--config-file=${old}`,
  ]);
  await eksctl(world, ['create', 'nodegroup', `--include=${others.join(',')}`, `--config-file=${fresh}`]);
  for (const addOn of ['kube-proxy', 'aws-node', 'coredns']) {
    await eksctl(world, ['utils', `update-${addOn}`, '--approve', `--config-file=${fresh}`]);
  }
  return { from: simulatedAt(world, from), to: simulatedAt(world, Date.now()) };
}

/** What the person has in the editor: the version set, and the core group under the name it has by now. */
async function writeConfig(
  world: BenchWorld,
  config: ClusterConfig,
  { version, core }: { version: string; core: string },
): Promise<string> {
  const [first, ...others] = config.nodeGroups ?? [];
  const path = join(world.directory, `by-hand-${config.metadata.name}-${core}.yaml`);
  const edited = {
    ...config,
    metadata: { ...config.metadata, version },
    nodeGroups: [{ ...first, name: core }, ...others],
  };
  await writeFile(path, stringify(edited, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }));
  return path;
}

async function upgradeControlPlane(
  world: BenchWorld,
  { name, region, to }: { name: string; region: string; to: string },
): Promise<void> {
  const client = new EKSClient({ region, endpoint: world.cloudUrl, credentials: defaultCredentials });
  const { update } = await client.send(new UpdateClusterVersionCommand({ name, version: to }));
  for (;;) {
    const seen = await client.send(new DescribeUpdateCommand({ name, updateId: update?.id }));
    if (seen.update?.status === 'Successful') break;
    if (seen.update?.status !== 'InProgress')
      throw new Error(`by hand: the update of ${name} is ${seen.update?.status}`);
    await sleep(LOOK_MS);
  }
  client.destroy();
}

/** "The server has asked for the client to provide credentials": try again, it is upgraded. */
async function eksctl({ eksctl: program, env, cloudUrl }: BenchWorld, args: string[]): Promise<void> {
  for (;;) {
    try {
      await run(program, args, { env: { ...env, AWS_ENDPOINT_URL: cloudUrl }, maxBuffer: 64 * 1024 * 1024 });
      return;
    } catch (error) {
      if (
        !/provide credentials|Unauthorized/i.test(
          String(error instanceof Error && 'stderr' in error ? error.stderr : error),
        )
      )
        throw error;
    }
  }
}
