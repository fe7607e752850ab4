import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { managedCluster } from './clusters.ts';
import type { BenchSettings, Figures } from './figures.ts';
import { NODE_FLAGS } from './node-flags.ts';
import { median } from './statistics.ts';
import { type BenchWorld, startBenchWorld } from './world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const LIMIT_MS = 30_000;

/** The real entries, one after the other; the slower half of the product counts, and of its starts the middle one. */
export async function measureStart({ quick, say }: BenchSettings): Promise<Figures['start']> {
  const world = await startBenchWorld({ speed: 1, clusters: [managedCluster({ name: 'harbor', from: '1.33' })] });
  try {
    const starts: Starts = { bot: [], worker: [] };
    for (let round = 0; round < (quick ? 1 : 7); round += 1) {
      starts.bot.push(await readyAfter(world, 'src/main.ts'));
      starts.worker.push(await readyAfter(world, 'jobs/main.ts'));
    }
    say(`bot ${starts.bot.join(', ')} ms; worker ${starts.worker.join(', ')} ms`);
    return startOf(starts);
  } finally {
    await world.stop();
  }
}

/** Milliseconds from spawn to ready. */
export type Starts = { bot: number[]; worker: number[] };

export function startOf({ bot, worker }: Starts): Figures['start'] {
  return { readyMs: Math.max(median(bot), median(worker)) };
}

/** As `npm run` starts it, from spawn until `/readyz` says so: Slack connected, Redis answering. */
async function readyAfter(world: BenchWorld, entry: string): Promise<number> {
  const port = await freePort();
  const env = { ...world.env, PORT: String(port), LOG_LEVEL: 'error', AWS_ENDPOINT_URL: world.cloudUrl };
  const began = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, '--import', './script/require-node.js', entry], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    while (!(await isReady(port))) {
      if (child.exitCode !== null) throw new Error(`${entry} ended with ${child.exitCode} before it was ready`);
      if (performance.now() - began > LIMIT_MS) throw new Error(`${entry} was not ready within ${LIMIT_MS} ms`);
      await sleep(5);
    }
    return Math.round(performance.now() - began);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
