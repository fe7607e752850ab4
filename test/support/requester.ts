/**
 * A bot reduced to one operation: requests upgrades of one cluster on the real store, all at once, and prints what each
 * was told. Started by test/scenarios/exclusion.test.ts; begins when something comes on standard input.
 */
import { once } from 'node:events';
import { connectRedis } from '#src/adapters/redis.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { messageOf } from '#src/domain/errors.ts';
import type { OperationDeps } from '#src/operations/decide.ts';
import { requestUpgrade } from '#src/operations/request-upgrade.ts';
import { operationWorld } from './fakes/fake-operation-deps.ts';

export type RequesterTask = { redisUrl: string; cluster: string; requests: number };

/** Run ids by what was told of them, and how often; errors by their text. */
export type RequesterReport = {
  planning: string[];
  held: Record<string, number>;
  errors: Record<string, number>;
};

const task = JSON.parse(process.argv[2] ?? '') as RequesterTask;
const redis = connectRedis(task.redisUrl, 'store');
redis.on('error', () => undefined);
await redis.connect();
const { deps: fake } = operationWorld();
const deps: OperationDeps = { ...fake, store: createRedisRunStore(redis) };

process.stdout.write('ready\n');
await once(process.stdin, 'data');
const report: RequesterReport = { planning: [], held: {}, errors: {} };
await Promise.all(Array.from({ length: task.requests }, ask));
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());

async function ask(): Promise<void> {
  const by = fake.fleet.requesters.users[0] ?? '';
  try {
    const result = await requestUpgrade(deps, { cluster: task.cluster, version: '1.24', by });
    if (result.kind === 'planning') report.planning.push(result.run.id);
    else count(report.held, result.holder.id);
  } catch (error) {
    count(report.errors, messageOf(error));
  }
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
