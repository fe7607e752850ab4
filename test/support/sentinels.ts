import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { type RedisServer, startRedis } from './redis.ts';

/** A real master, a replica of it and the Sentinels that watch them. */
export type WatchedRedis = {
  /** `redis+sentinel://…` with the password. */
  url: string;
  master: RedisServer;
  replica: RedisServer;
  stop: () => Promise<void>;
};

const MASTER = 'runs';
export const PASSWORD = 'p@ss:word/1';

/** Real milliseconds without an answer after which a Sentinel counts the master as down. */
export const DOWN_AFTER_MS = 500;

/** Resolves when the Sentinels know each other and both servers. */
export async function startWatchedRedis({ sentinels = 3 }: { sentinels?: number } = {}): Promise<WatchedRedis> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const secured = ['--requirepass', PASSWORD, '--masterauth', PASSWORD, '--repl-diskless-sync-delay', '0'];
    const master = await startRedis({ args: secured });
    undo.push(master.stop);
    const replica = await startRedis({ args: [...secured, '--replicaof', '127.0.0.1', String(master.port)] });
    undo.push(replica.stop);
    const ports = await Promise.all(Array.from({ length: sentinels }, freePort));
    for (const port of ports)
      undo.push(await startSentinel({ port, master: master.port, quorum: Math.floor(sentinels / 2) + 1 }));
    await Promise.all(ports.map((port) => knowsAll(port, sentinels - 1)));
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
    return { url: `redis+sentinel://:${encodeURIComponent(PASSWORD)}@${hosts}/${MASTER}/2`, master, replica, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSentinel({
  port,
  master,
  quorum,
}: {
  port: number;
  master: number;
  quorum: number;
}): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(process.env['TEST_RUN_DIR'] ?? tmpdir(), 'sentinel-'));
  const config = join(folder, 'sentinel.conf');
  await writeFile(
    config,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor ${MASTER} 127.0.0.1 ${master} ${quorum}`,
      `sentinel auth-pass ${MASTER} ${PASSWORD}`,
      `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER} 3000`,
      '',
    ].join('\n'),
  );
  const child: ChildProcess = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  return async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
}

/** Sentinels find each other and the replica through the master, which takes them some seconds. */
async function knowsAll(port: number, others: number): Promise<void> {
  const redis = new Redis({ port, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  try {
    for (;;) {
      const facts = (await redis.call('SENTINEL', 'MASTER', MASTER).catch(() => [])) as string[];
      const fact = (name: string) => facts[facts.indexOf(name) + 1];
      if (fact('num-slaves') === '1' && fact('num-other-sentinels') === String(others)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    redis.disconnect();
  }
}
