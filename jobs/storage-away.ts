/**
 * Redis did not answer (a restart, a failover, a broken connection): nothing is known to be wrong with the run, so it
 * is looked at again instead of stopped. ioredis throws plain errors, and Redis says these words while it comes up:
 * https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
export function isStorageAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  if (name === 'ReplyError')
    return /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|UNBLOCKED|NOREPLICAS)\b/.test(message);
  if (['MaxRetriesPerRequestError', 'AbortError', 'ClusterAllFailedError'].includes(name)) return true;
  if (['Connection is closed.', 'Command timed out'].includes(message) || message.startsWith("Stream isn't writeable"))
    return true;
  return 'code' in error && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(String(error.code));
}
