import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { bundle } from '#test/support/bundle.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';
import type { ClusterConfig } from '../simulators/cloud/options.ts';
import { createConfigRemote } from '../simulators/demo/config-remote.ts';
import { type ChildProcessHandle, startChild } from './child.ts';
import type { WorldAddresses, WorldRequest } from './simulators.ts';

const run = promisify(execFile);
const CONFIG_FOLDER = join(import.meta.dirname, 'config');
export const CONFIG_FILE = 'coast.jsonnet';
const SCRIPTS: Scripts = {
  bot: join(import.meta.dirname, 'bot-and-worker.ts'),
  eksctl: join(import.meta.dirname, '../simulators/eksctl/main.ts'),
};

/** What all worlds of a harness share: a folder, a Redis with a database for each slot, and what worlds are made from. */
export type Lab = {
  directory: string;
  config: ClusterConfig;
  /** A bare repository with the config, ready to be copied. */
  remote: string;
  /** Scripts that start fast. */
  scripts: Scripts;
  /** Where Node keeps what it compiled of them. */
  compileCache: string;
  openSlot: () => Promise<Slot>;
  close: () => Promise<void>;
};

export type Scripts = Record<'bot' | 'eksctl', string>;

/** A place where worlds live one after the other. */
export type Slot = {
  lab: Lab;
  redis: Redis;
  redisUrl: string;
  startSimulators: (request: WorldRequest) => Promise<WorldAddresses>;
  close: () => Promise<void>;
};

export async function openLab(): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), 'eks-chaos-'));
  const sweep = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', sweep);
  const { stdout } = await run(process.env.JSONNET || 'jsonnet', [CONFIG_FILE], { cwd: CONFIG_FOLDER });
  const { url: remote } = await createConfigRemote({ folder: CONFIG_FOLDER, directory });
  const [scripts, redis] = await Promise.all([
    bundle(SCRIPTS, join(directory, 'scripts')),
    startRedis({ args: ['--hz', '100'] }),
  ]);
  const slots: Slot[] = [];
  const lab: Lab = {
    directory,
    config: JSON.parse(stdout) as ClusterConfig,
    remote,
    scripts,
    compileCache: join(directory, 'compile-cache'),
    openSlot: async () => {
      const slot = await openSlot(lab, redis);
      slots.push(slot);
      return slot;
    },
    close: async () => {
      await Promise.all(slots.map((slot) => slot.close()));
      await redis.stop();
      process.off('exit', sweep);
      sweep();
    },
  };
  return lab;
}

async function openSlot(lab: Lab, server: RedisServer): Promise<Slot> {
  const redisUrl = server.freshDatabase();
  const redis = new Redis(redisUrl);
  const child = startChild({
    script: join(import.meta.dirname, 'simulators.ts'),
    argument: '',
    env: process.env,
    stderr: 'inherit',
  });
  const answers: Interface = createInterface({ input: child.stdout });
  const lines = answers[Symbol.asyncIterator]();
  return {
    lab,
    redis,
    redisUrl,
    startSimulators: async (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the simulators ended');
      return JSON.parse(value) as WorldAddresses;
    },
    close: async () => {
      redis.disconnect();
      await endChild(child);
    },
  };
}

async function endChild(child: ChildProcessHandle): Promise<void> {
  child.kill('SIGKILL');
  await child.exited;
}

/** A remote of a world's own. */
export async function copyRemote({ remote }: Lab, to: string): Promise<string> {
  await cp(remote, to, { recursive: true });
  return to;
}
