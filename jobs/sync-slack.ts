import { createHash } from 'node:crypto';
import { messageOf, TransientError, UserError } from '#src/domain/errors.ts';
import type { Run } from '#src/domain/run.ts';
import { CARD, type Message } from '#src/messages/message.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import { setAsideNotice } from '#src/messages/set-aside-notice.ts';
import type { MessageRecord, Posting } from '#src/ports/message-ledger.ts';
import { idsOf } from './ids-of.ts';
import { setAside } from './set-aside.ts';
import {
  EDIT_GAP_MS,
  EDIT_LANE,
  FIND_LANE,
  inLane,
  isRateLimit,
  POST_GAP_MS,
  postLane,
  RETRY_MS,
  reservePost,
} from './slack-lanes.ts';
import type { LookingDeps } from './worker-deps.ts';

const LONGEST_RETRY_MS = 30_000;
/** Real milliseconds: no post is under way for longer, the client's own limit is 10 s. */
const IN_HAND_LIMIT_MS = 12_000;

/** `again`: something is left, look again in `ms` of run time. */
export type SyncResult = { kind: 'equal' } | { kind: 'again'; ms: number };

/**
 * Makes Slack equal to `messagesOf(run)`: posts what is missing, edits what changed, leaves the rest. It may be killed
 * anywhere: a post is announced in the ledger before it is made, and one whose answer was lost is looked for by its
 * metadata key before it is tried again. So is one of which a Redis that was restarted may have forgotten. Posts go
 * before edits, because posts tell people and edits only follow; and notices before replies, of this run and of others,
 * because they are what people are waiting for.
 */
export async function syncSlack(deps: LookingDeps, runId: string): Promise<SyncResult> {
  const revision = await deps.ledger.revision(runId);
  const known = await deps.ledger.read(runId);
  const projected = await project(deps, runId, known);
  if (projected === null) return { kind: 'equal' };
  const { run, messages } = projected;
  try {
    if (await deps.ledger.isDoubtful(runId)) await renew(deps, runId, messages);
    const posted = await postMissing(deps, { run, messages, known });
    if (posted !== null) return posted;
    const edited = await editChanged(deps, { run, messages, known: await deps.ledger.read(runId) });
    if (edited !== null) return edited;
  } catch (error) {
    return afterError(deps, run, error);
  }
  await deps.ledger.markSynced(runId, revision);
  return (await deps.ledger.revision(runId)) === revision ? { kind: 'equal' } : { kind: 'again', ms: 0 };
}

/** Of a run that cannot be read these two are known all the same. */
type Shown = Pick<Run, 'id' | 'cluster'>;
type Sync = { run: Shown; messages: Message[]; known: Record<string, MessageRecord> };

async function project(
  deps: LookingDeps,
  runId: string,
  known: Sync['known'],
): Promise<{ run: Shown; messages: Message[] } | null> {
  try {
    const run = await deps.store.read(runId);
    return run === null ? null : { run, messages: messagesOf(run, deps.fleet) };
  } catch (error) {
    await setAside(deps, runId, error);
    const aside = (await deps.setAsides.list()).find((each) => each.runId === runId);
    const messages = aside === undefined ? [] : [setAsideNotice(aside, { hasCard: known[CARD]?.kind === 'posted' })];
    return { run: { id: runId, cluster: aside?.cluster ?? '' }, messages };
  }
}

/** One message a turn; the turn ends early when Slack's rate says wait. null: nothing is missing. */
async function postMissing(deps: LookingDeps, { run, messages, known }: Sync): Promise<SyncResult | null> {
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

async function renew({ ledger }: LookingDeps, runId: string, messages: Message[]): Promise<void> {
  await ledger.doubt(
    runId,
    messages.filter(isUsed).map(({ key }) => key),
  );
  await ledger.trust(runId);
}

/** People decide by these: what they show must be true, and their buttons there. */
function isUsed({ key, blocks }: Message): boolean {
  return key === CARD || blocks.some(({ type }) => type === 'actions');
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
  if (!(await deps.ledger.announce(run.id, message.key, { before: lost, record: announced }))) return null;
  try {
    return (await inThread(deps, post, () => send(deps, post))).ts;
  } catch (error) {
    const record: Posting = { kind: 'posting', since: announced.since };
    await deps.ledger.announce(run.id, message.key, { before: announced, record });
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

function isGone(error: unknown): boolean {
  return error instanceof UserError && error.code === 'SlackMessageGone';
}

function find(deps: LookingDeps, post: Post & { since: number }): Promise<{ ts: string } | null> {
  const { run, message, threadTs, since } = post;
  deps.log.info({ ...idsOf(run), key: message.key }, 'looking for a message whose answer was lost');
  const channel = deps.fleet.maintenanceChannel;
  const query = { channel, key: message.key, runId: run.id, threadTs, since };
  return inThread(deps, post, () => inLane(deps, FIND_LANE, () => deps.slack.find(query)));
}

async function editChanged(deps: LookingDeps, { run, messages, known }: Sync): Promise<SyncResult | null> {
  const stale = messages.find((message) => {
    const record = known[message.key];
    return record?.kind === 'posted' && record.contentHash !== hashOf(message);
  });
  const record = stale === undefined ? undefined : known[stale.key];
  if (stale === undefined || record?.kind !== 'posted') return null;
  const wait = await deps.ledger.reserve(EDIT_LANE, EDIT_GAP_MS, deps.clock.now());
  // Parked, not slept: what happens meanwhile wakes this ticket, and a notice goes first.
  if (wait > 0) return { kind: 'again', ms: wait };
  return edit(deps, { run, message: stale, ts: record.ts });
}

async function edit(
  deps: LookingDeps,
  { run, message, ts }: { run: Shown; message: Message; ts: string },
): Promise<SyncResult> {
  try {
    const channel = deps.fleet.maintenanceChannel;
    await inLane(deps, EDIT_LANE, () => deps.slack.edit({ channel, ts, text: message.text, blocks: message.blocks }));
    await deps.ledger.save(run.id, message.key, { kind: 'posted', ts, contentHash: hashOf(message) });
  } catch (error) {
    if (!isGone(error)) throw error;
    // Somebody deleted it: people may need its buttons, so what should exist is posted again.
    deps.log.warn({ ...idsOf(run), key: message.key }, 'a message was deleted in slack, posting it again');
    await deps.ledger.forget(run.id, message.key);
  }
  await deps.ledger.noteAnswer();
  return { kind: 'again', ms: 0 };
}

async function afterError(deps: LookingDeps, run: Shown, error: unknown): Promise<SyncResult> {
  if (error instanceof TransientError || error instanceof UserError) {
    // Asked to slow down, Slack is there, and people can press stop.
    if (!isRateLimit(error))
      await deps.ledger.noteOutage(deps.clock.now(), error instanceof UserError ? error.message : null);
    deps.log.warn(
      { ...idsOf(run), code: error.code, err: messageOf(error) },
      'slack did not take a message, trying again',
    );
    return { kind: 'again', ms: isRateLimit(error) ? (error.retryAfterMs ?? RETRY_MS) : await patience(deps) };
  }
  throw error;
}

/** The longer Slack is away, the less often it is asked: all runs ask, and when it is back everything is told within half a minute. */
async function patience({ ledger, clock }: LookingDeps): Promise<number> {
  const since = (await ledger.outageSince()) ?? clock.now();
  return Math.min(Math.max(Math.round((clock.now() - since) / 4), RETRY_MS), LONGEST_RETRY_MS);
}

function hashOf({ text, blocks }: Message): string {
  return createHash('sha256')
    .update(JSON.stringify([text, blocks]))
    .digest('hex')
    .slice(0, 16);
}
