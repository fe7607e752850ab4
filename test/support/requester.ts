/**
 * A bot reduced to one operation: requests upgrades of one cluster on the real store and prints what each
 * was told. Started by test/scenarios/exclusion.test.ts; begins when something comes on standard input, and says when the
 * first has an answer.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectRedis } from '#src/adapters/redis.ts';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { messageOf } from '#src/domain/errors.ts';
import type { OperationDeps } from '#src/operations/decide.ts';
import { requestUpgrade } from '#src/operations/request-upgrade.ts';
import { operationWorld } from './fakes/fake-operation-deps.ts';

export type RequesterTask = {
  redisUrl: string;
  cluster: string;
  requests: number;
  /** Half of them are asked at once, the others when something comes on standard input again. */
  inHalves: boolean;
  /** Real milliseconds for which who was told nothing certain asks again. */
  insistMs: number;
};

/** Run ids by what was told of them, and how often; errors by their text. */
export type RequesterReport = {
  planning: string[];
  held: Record<string, number>;
  /** What nobody got beyond, however often they asked. */
  errors: Record<string, number>;
  /** How often somebody was told nothing certain, e.g. that redis does not answer. */
  unconfirmed: number;
  /** Real milliseconds the slowest answer took, whatever it said. */
  slowestMs: number;
};

const task = JSON.parse(process.argv[2] ?? '') as RequesterTask;
const redis = connectRedis(task.redisUrl, 'store');
redis.on('error', () => undefined);
await redis.connect();
const { deps: fake } = operationWorld();
const deps: OperationDeps = { ...fake, store: createRedisRunStore(redis) };

process.stdout.write('ready\n');
await once(process.stdin, 'data');
const report: RequesterReport = { planning: [], held: {}, errors: {}, unconfirmed: 0, slowestMs: 0 };
const insistUntil = performance.now() + task.insistMs;
const secondHalf = once(process.stdin, 'data');
let isAnswered = false;
await Promise.all(
  Array.from({ length: task.requests }, async (_, index) => {
    if (task.inHalves && index % 2 === 1) await secondHalf;
    await ask();
    if (!isAnswered) process.stdout.write('answered\n');
    isAnswered = true;
  }),
);
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());

async function ask(): Promise<void> {
  const by = fake.fleet.requesters.users[0] ?? '';
  for (;;) {
    const began = performance.now();
    try {
      const result = await requestUpgrade(deps, { cluster: task.cluster, version: '1.24', by });
      if (result.kind === 'planning') report.planning.push(result.run.id);
      else count(report.held, result.holder.id);
      return;
    } catch (error) {
      if (performance.now() > insistUntil) return count(report.errors, messageOf(error));
      report.unconfirmed += 1;
    } finally {
      report.slowestMs = Math.max(report.slowestMs, Math.round(performance.now() - began));
    }
    await sleep(100);
  }
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
