import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsClients, CredentialProvider } from './aws-clients.ts';
import { fromAwsError } from './aws-errors.ts';

/** How long a token is used before a new one is made; the API server takes it for 15 minutes from its signing. */
const REFRESH_AFTER_MS = 10 * 60_000;
/** Unused by STS, which takes the URL for 15 minutes whatever it says, but old authenticators refuse more than 60. */
const URL_EXPIRES_SECONDS = 60;

const PREFIX = 'k8s-aws-v1.';

type Deps = { clients: Pick<AwsClients, 'sts' | 'region' | 'credentials' | 'confirmedCredentials'>; cluster: string };

export type TokenSource = {
  /** A token no older than ten minutes (real time: the API server checks it against its own clock). */
  token: () => Promise<string>;
  /**
   * After a 401: the next token is a new one, from credentials that AWS has just taken. To the API server the token of a
   * session that has ended is that of a stranger.
   */
  forget: () => void;
};

/**
 * The bearer token of EKS: a presigned GetCallerIdentity URL that the API server calls to learn who asks. The cluster's
 * name is in a signed header, so that a token made for one cluster is no good at another.
 * https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
export function createTokenSource(deps: Deps, now: () => number = Date.now): TokenSource {
  let current: { token: Promise<string>; madeAt: number } | undefined;
  let doubted = false;
  return {
    token: () => {
      if (current === undefined || now() - current.madeAt >= REFRESH_AFTER_MS) {
        const { confirmedCredentials, credentials } = deps.clients;
        const signedBy = doubted ? confirmedCredentials : credentials;
        doubted = false;
        const made = { token: signToken(deps, { signedBy, signingDate: new Date(now()) }), madeAt: now() };
        current = made;
        made.token.catch(() => {
          if (current === made) current = undefined;
        });
      }
      return current.token;
    },
    forget: () => {
      current = undefined;
      doubted = true;
    },
  };
}

type Signing = { signedBy: CredentialProvider; signingDate: Date };

async function signToken({ clients, cluster }: Deps, { signedBy, signingDate }: Signing): Promise<string> {
  const host = stsEndpoint(clients);
  const signer = new SignatureV4({
    service: 'sts',
    region: clients.region,
    credentials: () => signedBy(),
    sha256: clients.sts.config.sha256,
  });
  const request = {
    method: 'GET',
    protocol: host.protocol,
    hostname: host.hostname,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host: host.host, 'x-k8s-aws-id': cluster },
  };
  try {
    const signed = await signer.presign(request, { expiresIn: URL_EXPIRES_SECONDS, signingDate });
    const query = new URLSearchParams(signed.query as Record<string, string>).toString().replaceAll('+', '%20');
    return PREFIX + Buffer.from(`${host.origin}/?${query}`).toString('base64url');
  } catch (error) {
    throw fromAwsError(error, { service: 'sts', operation: 'GetCallerIdentity' });
  }
}

/**
 * The region's own STS, also when the bot itself reaches AWS under another name (AWS_ENDPOINT_URL): the API server calls
 * this URL, and takes no scheme but https and no host but AWS's; anything else is a 401.
 * https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go (`verifyHost`)
 */
function stsEndpoint({ sts, region }: Pick<AwsClients, 'sts' | 'region'>): URL {
  return sts.config.endpointProvider({ Region: region, UseGlobalEndpoint: false }).url;
}
