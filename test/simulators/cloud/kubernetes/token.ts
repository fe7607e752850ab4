import { type Signature, sha256, signatureInQuery, signatureMatches } from '../aws/sigv4.ts';
import { hasEnded } from '../world/sessions.ts';
import type { Cluster, Principal, World } from '../world/world.ts';

/**
 * The EKS bearer token: `k8s-aws-v1.` and a presigned STS GetCallerIdentity URL whose signed header `x-k8s-aws-id` names
 * the cluster. As aws-iam-authenticator checks it:
 * https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go
 */
const PREFIX = 'k8s-aws-v1.';
const VALID_MS = 15 * 60_000;
/** Signatures are real time, not simulated; a minute of skew is forgiven. */
const SKEW_MS = 60_000;

export type Verified = { kind: 'principal'; principal: Principal } | { kind: 'refused'; why: string };

export function verifyToken(world: World, cluster: Cluster, authorization: string | undefined): Verified {
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (token?.startsWith(PREFIX) !== true) return refused('no EKS bearer token');
  const encoded = token.slice(PREFIX.length);
  if (/[=+/]/.test(encoded)) return refused('the token is not unpadded base64url');
  const url = urlOf(encoded);
  const signature = url === null ? null : signatureInQuery(url.searchParams);
  if (url === null || signature === null) return refused('the token is not a presigned URL');
  if (!/^sts(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/.test(url.hostname))
    return refused(`unexpected host ${url.hostname}`);
  if (url.searchParams.get('Action') !== 'GetCallerIdentity') return refused('unexpected action');
  if (!signature.signedHeaders.includes('x-k8s-aws-id')) return refused('x-k8s-aws-id is not among the signed headers');
  const principal = world.principals.find(({ accessKeyId }) => accessKeyId === signature.accessKeyId);
  if (principal === undefined) return refused('unknown access key');
  if (hasEnded(world, principal)) return refused('STS says that the session of the token has ended');
  const { faults } = world;
  if (cluster.expiredKeys.has(principal.accessKeyId) && faults.isOn(cluster.name, 'expired-credentials'))
    return refused('STS says that the credentials of the token have expired');
  const age = Date.now() - timeOf(signature.amzDate);
  if (!(age < VALID_MS && age > -SKEW_MS)) return refused('the token has expired');
  if (!isSignedFor(cluster, { token, url, signature, principal }))
    return refused(`the signature is not one for cluster ${cluster.name}`);
  return { kind: 'principal', principal };
}

type Signed = { token: string; url: URL; signature: Signature; principal: Principal };

/** A client sends the same token for minutes. */
const knownGood = new WeakMap<Cluster, Set<string>>();

function isSignedFor(cluster: Cluster, { token, url, signature, principal }: Signed): boolean {
  const good = knownGood.get(cluster) ?? new Set();
  knownGood.set(cluster, good);
  const name = `${principal.secretAccessKey} ${token}`;
  if (good.has(name)) return true;
  const request = {
    method: 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: { host: url.host, 'x-k8s-aws-id': cluster.name },
    bodyHash: sha256(''),
  };
  const matches = signatureMatches(request, signature, principal.secretAccessKey);
  if (matches) good.add(name);
  return matches;
}

function refused(why: string): Verified {
  return { kind: 'refused', why };
}

function urlOf(encoded: string): URL | null {
  try {
    return new URL(Buffer.from(encoded, 'base64url').toString());
  } catch {
    return null;
  }
}

/** `20261122T140208Z` as epoch milliseconds. */
function timeOf(amzDate: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate);
  if (match === null) return Number.NaN;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
