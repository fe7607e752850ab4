/**
 * Redis did not answer (a restart, a failover, a broken connection) or takes no writes (full, its disk failed): nothing
 * is known to be wrong with the run, so it is looked at again instead of stopped, and a person is asked to try again.
 * ioredis throws plain errors, and Redis says these words:
 * https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 * https://redis.io/docs/latest/develop/reference/errors/common/oom/
 */
export function isStorageAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  if (name === 'ReplyError')
    return /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|UNBLOCKED|NOREPLICAS|OOM|MISCONF)\b/.test(message);
  if (['MaxRetriesPerRequestError', 'AbortError', 'ClusterAllFailedError'].includes(name)) return true;
  if (['Connection is closed.', 'Command timed out'].includes(message) || message.startsWith("Stream isn't writeable"))
    return true;
  return 'code' in error && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(String(error.code));
}
