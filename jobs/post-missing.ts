import { createHash } from 'node:crypto';
import { UserError } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import type { Message } from '#src/messages/message.ts';
import type { MessageRecord, Posting } from '#src/ports/message-ledger.ts';
import { idsOf } from './ids-of.ts';
import { FIND_LANE, inLane, POST_GAP_MS, postLane, reservePost } from './slack-lanes.ts';
import type { SyncResult } from './sync-slack.ts';
import type { LookingDeps } from './worker-deps.ts';

/** Real milliseconds: no post is under way for longer, the client's own limit is 10 s. */
const IN_HAND_LIMIT_MS = 12_000;

/** Of a run that cannot be read these two are known all the same. */
export type Shown = Pick<Run, 'id' | 'cluster'>;
export type Sync = { run: Shown; messages: Message[]; known: Record<string, MessageRecord> };

/** One message a turn; the turn ends early when Slack's rate says wait. null: nothing is missing. */
export async function postMissing(deps: LookingDeps, { run, messages, known }: Sync): Promise<SyncResult | null> {
  const missing = nextMissing(messages, known);
  if (missing === undefined) return null;
  const wait = await reservePost(deps, missing);
  if (wait > 0) return { kind: 'again', ms: wait };
  const before = known[missing.key];
  const lost = before?.kind === 'posting' ? before : undefined;
  const threadTs = parentTs(missing, known);
  const since = lost?.since ?? (await deps.ledger.forgottenSince(run.id, deps.clock.now()));
  if (since !== null) {
    const paused = await deps.ledger.reserve(FIND_LANE, 0, deps.clock.now());
    if (paused > 0) return { kind: 'again', ms: paused };
  }
  const found = since === null ? null : await find(deps, { run, message: missing, threadTs, since });
  if (found === null) {
    const inHand = inHandForMs(deps, lost);
    if (inHand > 0) return { kind: 'again', ms: inHand };
  }
  const ts = found?.ts ?? (await announceAndPost(deps, { run, message: missing, threadTs }, lost));
  if (ts === null) return { kind: 'again', ms: POST_GAP_MS };
  // A message that was found may show an older state of the run: its hash is left open, so that it is edited.
  await deps.ledger.save(run.id, missing.key, {
    kind: 'posted',
    ts,
    contentHash: found === null ? hashOf(missing) : '',
  });
  await deps.ledger.noteAnswer();
  if (missing.key === 'start') await deps.wakeUps.wakeRun(run.id);
  return { kind: 'again', ms: 0 };
}

/** A notice goes first as soon as its card stands; all else in the order of the list. */
function nextMissing(messages: Message[], known: Sync['known']): Message | undefined {
  const missing = messages.filter(({ key }) => known[key]?.kind !== 'posted');
  const notice = missing.find(({ broadcast, parent }) => {
    return broadcast && (parent === null || known[parent]?.kind === 'posted');
  });
  return notice ?? missing[0];
}

/**
 * A message that was announced and does not stand there yet may still be under way, by a worker that lost its lease and
 * lives. For how long it can be (run time); 0: nobody posts it any more.
 */
function inHandForMs({ clock }: LookingDeps, lost: Posting | undefined): number {
  if (lost?.inHand === undefined) return 0;
  const left = IN_HAND_LIMIT_MS - clock.realMs(clock.now() - lost.inHand);
  return Math.max(0, left / clock.realMs(1));
}

/** null: another worker came first. */
async function announceAndPost(deps: LookingDeps, post: Post, lost: Posting | undefined): Promise<string | null> {
  const { run, message } = post;
  const now = deps.clock.now();
  // The time of the first announcement stays: any of the posts since then may be the one that stands there.
  const announced: Posting = { kind: 'posting', since: lost?.since ?? now, inHand: now };
  if (!(await deps.ledger.replace(run.id, message.key, { before: lost, record: announced }))) return null;
  try {
    return (await inThread(deps, post, () => send(deps, post))).ts;
  } catch (error) {
    const record: Posting = { kind: 'posting', since: announced.since };
    await deps.ledger.replace(run.id, message.key, { before: announced, record });
    throw error;
  }
}

function parentTs({ key, parent }: Message, known: Sync['known']): string | null {
  if (parent === null) return null;
  const root = known[parent];
  if (root?.kind !== 'posted') throw new Error(`message ${key} comes before its parent ${parent}`);
  return root.ts;
}

type Post = { run: Shown; message: Message; threadTs: string | null };

async function send(deps: LookingDeps, { run, message, threadTs }: Post): Promise<{ ts: string }> {
  const { key, broadcast, text, blocks } = message;
  deps.log.debug({ ...idsOf(run), key }, 'posting a message');
  const channel = deps.fleet.maintenanceChannel;
  return inLane(deps, postLane(deps.fleet), () =>
    deps.slack.post({ channel, runId: run.id, key, threadTs, broadcast, text, blocks }),
  );
}

/** Of a reply to a card that somebody deleted the card comes first, and the reply under the new one. */
async function inThread<T>(deps: LookingDeps, { run, message }: Post, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isGone(error) && message.parent !== null) await deps.ledger.forget(run.id, message.parent);
    throw error;
  }
}

export function isGone(error: unknown): boolean {
  return error instanceof UserError && error.code === 'SlackMessageGone';
}

function find(deps: LookingDeps, post: Post & { since: number }): Promise<{ ts: string } | null> {
  const { run, message, threadTs, since } = post;
  deps.log.info({ ...idsOf(run), key: message.key }, 'looking for a message whose answer was lost');
  const channel = deps.fleet.maintenanceChannel;
  const query = { channel, key: message.key, runId: run.id, threadTs, since };
  return inThread(deps, post, () => inLane(deps, FIND_LANE, () => deps.slack.find(query)));
}

export function hashOf({ text, blocks }: Message): string {
  return createHash('sha256')
    .update(JSON.stringify([text, blocks]))
    .digest('hex')
    .slice(0, 16);
}
