import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, expect } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { managed } from '../support/scenario-clusters.ts';
import { scenario } from '../support/scenario-world.ts';

const operations = readFileSync(resolve(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const redis = startRedis();
afterAll(async () => (await redis).stop());

scenario(
  'the Redis user of docs/operations.md is enough for a whole upgrade, and cannot do more',
  async ({ startWorld }) => {
    const rules = /`user eks on >… (?<rules>[^`]+)`/.exec(operations)?.groups?.['rules'] ?? '';
    const { port, url } = await redis;
    const admin = new Redis(url);
    await admin.acl('SETUSER', 'eks', 'on', '>secret-of-redis', ...rules.split(' '));
    await admin.quit();

    const redisUrl = `redis://eks:secret-of-redis@127.0.0.1:${port}`;
    const world = await startWorld({ clusters: [managed('harbor', { version: '1.33' })], redisUrl });
    await world.types('maya', '/eks-upgrade harbor 1.34');
    await world.comesTo('awaiting-approval');
    await world.presses('sam', 'Approve');
    await world.comesTo('succeeded');
    expect(world.cluster().version).toBe('1.34');

    const user = new Redis(redisUrl);
    await expect(user.flushall()).rejects.toThrow(/^NOPERM/);
    await expect(user.set('somebody-else', '1')).rejects.toThrow(/^NOPERM/);
    await expect(user.config('SET', 'appendonly', 'no')).rejects.toThrow(/^NOPERM/);
    await user.quit();
  },
);
