import { messageOf } from '#src/domain/errors.ts';
import type { ProbeUrl } from '#src/ports/url-probe.ts';

/** Real milliseconds, redirects included. */
const TIMEOUT_MS = 5000;
const MOST_REDIRECTS = 3;

/**
 * The addresses are those of the fleet file. A redirect is followed on the same host only (a hub sends `http` to `https`,
 * and `/` to its own pages): a login page elsewhere answers 200 whatever becomes of the hub. Bodies are not read.
 */
export function createUrlProbe({ timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {}): ProbeUrl {
  return async (url) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await get(new URL(url), { signal, left: MOST_REDIRECTS });
    } catch (error) {
      return { healthy: false, says: signal.aborted ? `no answer within ${timeoutMs / 1000} s` : causeOf(error) };
    }
  };
}

type Rest = { signal: AbortSignal; left: number };

async function get(url: URL, { signal, left }: Rest): Promise<{ healthy: boolean; says: string }> {
  const response = await fetch(url, {
    redirect: 'manual',
    credentials: 'omit',
    signal,
    headers: { 'user-agent': 'eks-upgrade-bot' },
  });
  await response.body?.cancel();
  const location = response.headers.get('location');
  if (response.status < 300 || response.status >= 400 || location === null)
    return { healthy: response.ok, says: String(response.status) };
  const next = new URL(location, url);
  if (next.hostname !== url.hostname)
    return { healthy: false, says: `${response.status} to another host, ${next.hostname}` };
  if (left === 0) return { healthy: false, says: `more than ${MOST_REDIRECTS} redirects` };
  return await get(next, { signal, left: left - 1 });
}

/** fetch says only "fetch failed"; why stands in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const [line = ''] = messageOf(cause).split('\n');
  return line === '' ? 'no answer' : line.slice(0, 200);
}
