import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Redis } from 'ioredis';
import { dyingWithParent } from './dying-with-parent.ts';
import { freePort } from './free-port.ts';

/**
 * A real redis-server of one's own: free port, empty, gone at the end. Used by tests and by the demo. Its methods are
 * the switches of the fault catalogue's Redis side; what each copies is in faults.md.
 */
export type RedisServer = {
  /** `redis://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** URL of a database that no other caller of this server got (63 of them). */
  freshDatabase: () => string;
  /** Of the server that runs now. */
  pid: () => number;
  /** It keeps its connections and answers nobody, until `goOn`. */
  hang: () => void;
  goOn: () => void;
  /** `OOM command not allowed` for every write, until `makeRoom`; reads are answered. */
  fill: () => Promise<void>;
  makeRoom: () => Promise<void>;
  /** What is written now and can be gone back to (`appendOnly` only). */
  remember: () => Promise<RedisMoment>;
  /** Crashes and starts again as it was then: what was written since is gone, as after a power cut or a failover. */
  rollBackTo: (moment: RedisMoment) => Promise<void>;
  /** Kills it as a crash does; with `appendOnly` what was written is still there after `restart`. */
  crash: () => Promise<void>;
  /** Starts it again on the same port and folder. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
};

export type RedisMoment = { folder: string };

export type RedisOptions = {
  /** Keep what was written over `crash` and `restart`. */
  appendOnly?: boolean;
  /** Further arguments, e.g. `['--maxmemory-policy', 'allkeys-lru']`; the last one of a name counts. */
  args?: string[];
};

type Child = ChildProcessByStdio<null, Readable, Readable>;
type Launch = { port: number; folder: string; options: RedisOptions };

/** Redis writes to it before it answers, so a copy of it holds all that was answered. */
const AOF = 'appendonlydir';
const DATABASES = 64;
const ATTEMPTS = 5;

export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(process.env['TEST_RUN_DIR'] ?? tmpdir(), 'redis-'));
  try {
    const { child, port } = await launchOnFreePort(folder, options);
    return handle({ port, folder, options }, child);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function handle(launch: Launch, first: Child): RedisServer {
  let child = first;
  let nextDatabase = 1;
  let nextMoment = 1;
  const url = `redis://127.0.0.1:${launch.port}`;
  return {
    url,
    port: launch.port,
    freshDatabase: () => {
      if (nextDatabase >= DATABASES)
        throw new Error(`all ${DATABASES} databases of ${url} are taken: start another Redis`);
      return `${url}/${nextDatabase++}`;
    },
    pid: () => child.pid ?? 0,
    hang: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    fill: () => limitMemory(launch, '1'),
    makeRoom: () => limitMemory(launch, '0'),
    remember: async () => {
      const folder = join(launch.folder, `moment-${nextMoment++}`);
      await cp(join(launch.folder, AOF), folder, { recursive: true });
      return { folder };
    },
    rollBackTo: async ({ folder }) => {
      await end(child);
      await rm(join(launch.folder, AOF), { recursive: true, force: true });
      await cp(folder, join(launch.folder, AOF), { recursive: true });
      child = await launchAt(launch);
    },
    crash: () => end(child),
    restart: async () => {
      await end(child);
      child = await launchAt(launch);
    },
    stop: async () => {
      await end(child);
      await rm(launch.folder, { recursive: true, force: true });
    },
  };
}

async function limitMemory({ port, options }: Launch, bytes: string): Promise<void> {
  const args = options.args ?? [];
  const password = args[args.indexOf('--requirepass') + 1];
  const redis = new Redis({ port, ...(args.includes('--requirepass') && password !== undefined ? { password } : {}) });
  try {
    await redis.config('SET', 'maxmemory', bytes);
  } finally {
    redis.disconnect();
  }
}

/** Somebody may take the port between our look and Redis's bind: then another one is tried. */
async function launchOnFreePort(folder: string, options: RedisOptions): Promise<{ child: Child; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { child: await launchAt({ port, folder, options }), port };
    } catch (error) {
      if (attempt === ATTEMPTS || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function launchAt({ port, folder, options }: Launch): Promise<Child> {
  const args = [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--databases', String(DATABASES)],
    // Delayed jobs wake up to 95 ms late at the default hz of 10, 3 ms at 500.
    // A replica is served at once; the default waits 5 s for others to come.
    ...['--repl-diskless-sync-delay', '0'],
    ...['--hz', '500', '--maxmemory-policy', 'noeviction', '--save', ''],
    ...['--appendonly', options.appendOnly === true ? 'yes' : 'no', '--auto-aof-rewrite-percentage', '0'],
    ...(options.args ?? []),
  ];
  const [program, ...argv] = dyingWithParent(['redis-server', ...args]);
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  await ready(child);
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  return child;
}

/** Resolves when the server says that it accepts connections; rejects with what it said when it ends instead. */
function ready(child: Child): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      if (said.includes('Ready to accept connections')) return;
      said += chunk.toString();
      if (said.includes('Ready to accept connections')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? missing() : error));
    child.once('close', () =>
      reject(said.includes('No such file') ? missing() : new Error(`redis-server did not start: ${said.trim()}`)),
    );
  });
}

function missing(): Error {
  return new Error('redis-server is not on the PATH: run script/setup, which installs it');
}

async function end(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
