import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createRedisRunStore } from '#src/adapters/redis-run-store.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import type { StoredMessage } from '../slack/messages.ts';
import { createDriver, type Driver } from './driver.ts';
import { type DemoWorld, PEOPLE } from './world.ts';

/** How the people of the demo got on: the run as it was left, or what the requester was told instead. */
export type AutoOutcome = { kind: 'run'; run: Run; inTime: boolean } | { kind: 'no-run'; told: string };

type Auto = { driver: Driver; store: RunStore; cluster: string; until: number };

/** Maya asks, Sam approves (and lets a gate pass, with a reason), nobody touches a run that stopped. */
export async function actPeople(
  world: DemoWorld,
  { cluster, to, timeoutMs }: { cluster: string; to: KubernetesVersion; timeoutMs: number },
): Promise<AutoOutcome> {
  const redis = new Redis(world.redis.url);
  const auto: Auto = {
    driver: createDriver(world.slack.url),
    store: createRedisRunStore(redis),
    cluster,
    until: Date.now() + timeoutMs,
  };
  try {
    const { ephemerals } = await auto.driver.slash(PEOPLE.maya, `/eks-upgrade ${cluster} ${to}`);
    return await follow(auto, ephemerals);
  } finally {
    redis.disconnect();
  }
}

async function follow(auto: Auto, told: string[]): Promise<AutoOutcome> {
  const { store, cluster, until } = auto;
  const began = Date.now();
  for (;;) {
    const id = await store.latestOf(cluster);
    const run = id === null ? null : await store.read(id);
    if (run === null && Date.now() - began > 10_000) return { kind: 'no-run', told: told.at(-1) ?? 'nothing' };
    if (run !== null) {
      const settled = hasEnded(run) || run.state.kind === 'stopped';
      // The projection must have caught up: what people read is part of the result.
      if (settled && !(await store.unsynced()).includes(run.id)) return { kind: 'run', run, inTime: true };
      if (Date.now() > until) return { kind: 'run', run, inTime: false };
      if (!settled) await decide(auto.driver, run);
    }
    await sleep(25);
  }
}

/** Presses what is really there: a button that Slack does not show cannot be pressed. */
async function decide(driver: Driver, run: Run): Promise<void> {
  if (run.state.kind === 'awaiting-approval') {
    const card = (await driver.channel()).findLast((message) => hasButton(message, 'approve_run'));
    if (card !== undefined)
      await driver.click(PEOPLE.sam, { messageTs: card.ts, actionId: 'approve_run' }).catch(ignoreGone);
  }
  if (run.state.kind === 'waiting') {
    const [root] = await driver.channel();
    const gate =
      root === undefined
        ? undefined
        : (await driver.thread(root.ts)).findLast((message) => hasButton(message, 'pass_gate'));
    if (gate === undefined) return;
    await driver.click(PEOPLE.sam, { messageTs: gate.ts, actionId: 'pass_gate' }).catch(ignoreGone);
    await driver.submitReason(PEOPLE.sam, 'Announced a week ago; everybody was told again this morning.');
  }
}

/** Between the look and the press the message may have been edited: the next turn looks again. */
function ignoreGone(): void {}

function hasButton(message: StoredMessage, actionId: string): boolean {
  return JSON.stringify(message.blocks).includes(`"action_id":"${actionId}"`);
}
