import { messageOf, TransientError, UserError } from '#src/domain/errors.ts';
import { CARD, type Message } from '#src/messages/message.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import { setAsideNotice } from '#src/messages/set-aside-notice.ts';
import type { Posted } from '#src/ports/message-ledger.ts';
import { idsOf } from './ids-of.ts';
import { hashOf, isGone, postMissing, type Shown, type Sync } from './post-missing.ts';
import { setAside } from './set-aside.ts';
import { EDIT_GAP_MS, EDIT_LANE, inLane, isRateLimit, RETRY_MS } from './slack-lanes.ts';
import type { LookingDeps } from './worker-deps.ts';

const LONGEST_RETRY_MS = 30_000;

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
  return edit(deps, { run, message: stale, record });
}

async function edit(
  deps: LookingDeps,
  { run, message, record }: { run: Shown; message: Message; record: Posted },
): Promise<SyncResult> {
  try {
    const channel = deps.fleet.maintenanceChannel;
    const { ts } = record;
    await inLane(deps, EDIT_LANE, () => deps.slack.edit({ channel, ts, text: message.text, blocks: message.blocks }));
    const edited: Posted = { ...record, contentHash: hashOf(message) };
    // Doubted meanwhile, because somebody asked for it: it may have been deleted since the edit, and is edited once more.
    await deps.ledger.replace(run.id, message.key, { before: record, record: edited });
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
