import { randomBytes } from 'node:crypto';
import { RefusedError, TransientError, UserError } from '#src/domain/errors.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import { bugReply, problemReply, storageAwayReply, tryAgainReply } from '#src/messages/replies.ts';
import type { ListenerLog } from './deps.ts';

/** What a person is told of an error: the one place where errors become Slack. Our own bugs go to the log with a reference. */
export function errorReply(error: unknown, { log, about }: { log: ListenerLog; about: object }): string {
  if (error instanceof UserError || error instanceof RefusedError) {
    log.info({ ...about, code: error.code, why: error.message }, 'a request was not possible');
    return problemReply(error.message);
  }
  if (error instanceof TransientError) {
    log.warn({ ...about, code: error.code, err: error }, 'a request has to be tried again');
    return tryAgainReply(error.message);
  }
  if (isStorageAway(error)) {
    log.error({ ...about, err: error }, 'redis is away, so nothing can be read or decided');
    return storageAwayReply;
  }
  const reference = randomBytes(4).toString('hex');
  log.error({ ...about, reference, err: error }, 'a listener failed');
  return bugReply(reference);
}
