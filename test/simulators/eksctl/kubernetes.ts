import { Agent, request as httpsRequest } from 'node:https';

/** An object of the Kubernetes API, as far as this program looks into it. */
export type KubeObject = {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    [field: string]: unknown;
  };
  [field: string]: unknown;
};

export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Kubernetes = {
  get: <T = KubeObject>(path: string) => Promise<T>;
  /** null: there is none. */
  find: (path: string) => Promise<KubeObject | null>;
  list: (path: string, labelSelector?: string) => Promise<KubeObject[]>;
  create: (path: string, object: unknown) => Promise<KubeObject>;
  replace: (path: string, object: KubeObject) => Promise<KubeObject>;
  patch: (path: string, patch: unknown) => Promise<KubeObject>;
  /** The simulated API server ends a watch at once; it is asked for because it needs a right. */
  watch: (path: string) => Promise<void>;
  close: () => void;
};

export function connectKubernetes({
  endpoint,
  certificateAuthority,
  token,
  renew,
  onChange,
}: {
  endpoint: string;
  certificateAuthority: string;
  /** From the credentials of now: eksctl makes a new one before the old one is 15 minutes old (pkg/eks/auth/token_source.go). */
  token: () => Promise<string>;
  /** Asks for new credentials; whether there are others now. */
  renew: () => Promise<boolean>;
  onChange: () => void;
}): Kubernetes {
  const agent = new Agent({ keepAlive: true, ca: certificateAuthority });
  const call = async <T>(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<T> => {
    const ask = async (): Promise<Answer> =>
      exchange({
        agent,
        url: new URL(path, endpoint),
        method,
        token: await token(),
        contentType,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    let answer = await ask();
    // A session that ended since: the real one would have been renewed ahead of that, by its expiry.
    if (answer.status === 401 && (await renew())) answer = await ask();
    if (answer.status >= 400) throw new KubernetesError(answer.status, messageIn(answer));
    if (method !== 'GET') onChange();
    return (answer.text === '' ? null : JSON.parse(answer.text)) as T;
  };
  return {
    get: (path) => call('GET', path),
    find: async (path) => {
      try {
        return await call<KubeObject>('GET', path);
      } catch (error) {
        if (error instanceof KubernetesError && error.status === 404) return null;
        throw error;
      }
    },
    list: async (path, labelSelector) => {
      const query = labelSelector === undefined ? '' : `?labelSelector=${encodeURIComponent(labelSelector)}`;
      return (await call<{ items: KubeObject[] }>('GET', `${path}${query}`)).items;
    },
    create: (path, object) => call('POST', path, object),
    replace: (path, object) => call('PUT', path, object),
    patch: (path, patch) => call('PATCH', path, patch, 'application/strategic-merge-patch+json'),
    watch: (path) => call<void>('GET', `${path}?watch=true`),
    close: () => agent.destroy(),
  };
}

type Exchange = { agent: Agent; url: URL; method: string; token: string; contentType: string; body?: string };
type Answer = { status: number; text: string };

function exchange({ agent, url, method, token, contentType, body }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'user-agent': 'eksctl',
      ...(body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
    };
    const sent = httpsRequest(url, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** client-go's words for a 401 (k8s.io/apimachinery/pkg/api/errors, `NewGenericServerResponse`), else the server's own. */
function messageIn({ status, text }: Answer): string {
  if (status === 401) return 'the server has asked for the client to provide credentials';
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
