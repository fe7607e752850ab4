import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
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

test('says how to get redis-server when it is not on the PATH', async () => {
  vi.stubEnv('PATH', '/nonexistent');
  await expect(startRedis()).rejects.toThrow('redis-server is not on the PATH: run script/setup');
});
