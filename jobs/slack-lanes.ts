import { TransientError } from '#src/domain/errors.ts';
import type { Message } from '#src/messages/message.ts';
import type { LookingDeps } from './worker-deps.ts';

/**
 * chat.postMessage: one a second and channel. https://docs.slack.dev/apis/web-api/rate-limits
 * A little more, because of two posts a second apart the first may take longer to get there.
 */
export const POST_GAP_MS = 1200;
/** chat.update: 50 a minute and workspace; edits are coalesced well below it. */
export const EDIT_GAP_MS = 3000;
export const RETRY_MS = 5000;
export const EDIT_LANE = 'edit';
/** Taken by nobody, only paused: looking for a lost message is rare. */
export const FIND_LANE = 'find';

/** Takes the channel for a moment and returns 0, or says how long to wait. A notice that waits keeps replies out. */
export async function reservePost({ ledger, fleet, clock }: LookingDeps, { broadcast }: Message): Promise<number> {
  const [posts, notices] = [postLane(fleet), `notice:${fleet.maintenanceChannel}`];
  const now = clock.now();
  if (!broadcast) {
    const kept = await ledger.reserve(notices, 0, now);
    return kept > 0 ? kept : ledger.reserve(posts, POST_GAP_MS, now);
  }
  const wait = await ledger.reserve(posts, POST_GAP_MS, now);
  if (wait > 0) await ledger.reserve(notices, wait + POST_GAP_MS, now);
  return wait;
}

/** What Slack asks for with a 429 holds for the method, not for one run: all tickets keep out of the lane for so long. */
export async function inLane<T>({ ledger, clock }: LookingDeps, lane: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isRateLimit(error)) await ledger.pause(lane, error.retryAfterMs ?? RETRY_MS, clock.now());
    throw error;
  }
}

export function isRateLimit(error: unknown): error is TransientError {
  return error instanceof TransientError && error.code === 'SlackRateLimited';
}

export function postLane(fleet: LookingDeps['fleet']): string {
  return `post:${fleet.maintenanceChannel}`;
}
