import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startOldRedis } from './old-redis.ts';
import { type RedisServer, startRedis } from './redis.ts';

let server: RedisServer;
const clients: Redis[] = [];

beforeAll(async () => {
  server = await startRedis({ appendOnly: true });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(() => server.stop());

function connect(url: string): Redis {
  const client = new Redis(url);
  clients.push(client);
  return client;
}

const silence = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 'silence'));

test('each fresh database is empty and apart from the others', async () => {
  const one = connect(server.freshDatabase());
  const other = connect(server.freshDatabase());
  await one.set('run', 'coast');
  expect(await one.get('run')).toBe('coast');
  expect(await other.get('run')).toBeNull();
});

test('never evicts, as the bot demands', async () => {
  expect(await connect(server.url).config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
});

test('what was written is there after a crash and a restart on the same port', async () => {
  const url = server.freshDatabase();
  await connect(url).set('run', 'coast');
  const before = server.pid();
  await server.crash();
  await server.restart();
  expect(server.pid()).not.toBe(before);
  expect(await connect(url).get('run')).toBe('coast');
});

test('a server that hangs keeps its connections, answers nobody, and then all at once', async () => {
  const client = connect(server.freshDatabase());
  await client.ping();
  server.hang();
  const answer = client.set('run', 'coast');
  await expect(Promise.race([answer, silence(50)])).resolves.toBe('silence');
  server.goOn();
  expect(await answer).toBe('OK');
});

test('a full server answers reads and refuses writes, also in scripts, until there is room', async () => {
  const client = connect(server.freshDatabase());
  await client.set('run', 'coast');
  await server.fill();
  await expect(client.set('run', 'harbor')).rejects.toThrow(/^OOM command not allowed/);
  await expect(client.eval(`return redis.call('SET', 'run', 'harbor')`, 0)).rejects.toThrow(/^OOM command not allowed/);
  expect(await client.get('run')).toBe('coast');
  await server.makeRoom();
  expect(await client.set('run', 'harbor')).toBe('OK');
});

test('a server that is rolled back has forgotten what was answered since', async () => {
  const url = server.freshDatabase();
  await connect(url).set('run', 'coast');
  const moment = await server.remember();
  await connect(url).set('run', 'harbor');
  await server.rollBackTo(moment);
  expect(await connect(url).get('run')).toBe('coast');
});

test('a server of an older version says so', async () => {
  const old = await startOldRedis('6.0.16');
  expect(await connect(old.url).info()).toContain('redis_version:6.0.16');
  await old.stop();
});

test('says how to get redis-server when it is not on the PATH', async () => {
  vi.stubEnv('PATH', '/nonexistent');
  await expect(startRedis()).rejects.toThrow('redis-server is not on the PATH: run script/setup');
});
