import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Agent, fetch } from 'undici';
import { type ApiServerAccess, unreachedError } from '#src/domain/api-server-reach.ts';
import { noAnswerOf } from './kubernetes-errors.ts';

export type ApiServer = {
  name: string;
  region: string;
  endpoint: string;
  /** PEM. */
  certificateAuthority: string;
  access: ApiServerAccess;
};

/** Real milliseconds. */
const LIMIT = 5_000;

/**
 * Whether the API server answers at all: anything it says is good, a 401 as well. One connection of its own and no
 * second try, so that it is known within the limit. Throws what `unreachedError` makes of the reason.
 */
export async function reachApiServer(server: ApiServer, limitMs: number = LIMIT): Promise<void> {
  const agent = new Agent({ connect: { ca: server.certificateAuthority, timeout: limitMs } });
  try {
    const url = new URL('/version', server.endpoint);
    await fetch(url, { dispatcher: agent, redirect: 'manual', signal: AbortSignal.timeout(limitMs) });
  } catch (error) {
    const { hostname: host } = new URL(server.endpoint);
    const noAnswer = noAnswerOf(error);
    const addresses = noAnswer.kind === 'silent' ? await addressesOf(host) : [];
    const { name: cluster, region, access } = server;
    throw unreachedError({ noAnswer, cluster, region, host, access, addresses }, error);
  } finally {
    await agent.destroy();
  }
}

async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
