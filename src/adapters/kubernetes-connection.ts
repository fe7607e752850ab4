import type { Eks } from '#src/ports/eks.ts';
import type { AdapterLogger } from './aws-call.ts';
import { connectKubernetes, type KubernetesApis } from './kubernetes-client.ts';
import { fromKubernetesError, isUnauthorized, mayHaveMoved } from './kubernetes-errors.ts';
import type { TokenSource } from './kubernetes-token.ts';

type Deps = {
  cluster: string;
  eks: Pick<Eks, 'describeCluster'>;
  tokens: TokenSource;
  userAgent: string;
  logger: AdapterLogger;
  connect?: typeof connectKubernetes;
};

export type KubernetesConnection = {
  /** Runs one call; `asValue` may turn a failure that is an answer (404, 401) into a value instead of an error. */
  use: <T>(
    operation: string,
    call: (apis: KubernetesApis) => Promise<T>,
    asValue?: (error: unknown) => T | undefined,
  ) => Promise<T>;
  close: () => void;
};

/**
 * Keeps the way to a cluster's API server. Address and CA come from DescribeCluster and may change with an update of
 * the control plane, so after a 401, a TLS error or a lost connection they are looked up once more, and the call is tried
 * a second time; after a 401 with a new token. Calls that fail together share that one look-up, and so do 401s that come
 * one after the other: for a minute after each hop nothing else comes, and the address was looked up at the first.
 */
export function createKubernetesConnection({
  cluster,
  eks,
  tokens,
  userAgent,
  logger,
  connect: dial = connectKubernetes,
}: Deps): KubernetesConnection {
  let current: Promise<KubernetesApis> | undefined;
  /** Made because of a 401, and nothing but 401s came over it since. */
  let doubted: Promise<KubernetesApis> | undefined;

  function connect(): Promise<KubernetesApis> {
    if (current === undefined) {
      const opening = open();
      current = opening;
      opening.catch(() => {
        if (current === opening) current = undefined;
      });
    }
    return current;
  }

  async function open(): Promise<KubernetesApis> {
    const { endpoint, certificateAuthority } = await eks.describeCluster(cluster);
    return dial({ endpoint, certificateAuthority, token: tokens.token, userAgent });
  }

  /** Only the first of the calls that failed on the same connection gives it up. */
  function giveUp(failed: Promise<KubernetesApis>): void {
    if (current !== failed) return;
    current = undefined;
    failed.then(
      (apis) => apis.close(),
      () => {},
    );
  }

  async function attempt<T>(call: (apis: KubernetesApis) => Promise<T>): Promise<T> {
    const connection = connect();
    const apis = await connection;
    try {
      return await heard(connection, call(apis));
    } catch (error) {
      if (!mayHaveMoved(error)) throw error;
      if (isUnauthorized(error) && current === connection) tokens.forget();
      if (isUnauthorized(error) && doubted === connection) throw error;
      giveUp(connection);
      const next = connect();
      if (isUnauthorized(error)) doubted = next;
      return heard(next, call(await next));
    }
  }

  /** Any answer but a 401 clears the address. */
  async function heard<T>(connection: Promise<KubernetesApis>, answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      if (doubted === connection) doubted = undefined;
      return value;
    } catch (error) {
      if (doubted === connection && !isUnauthorized(error)) doubted = undefined;
      throw error;
    }
  }

  return {
    use: async (operation, call, asValue) => {
      const began = performance.now();
      const record = (outcome: string) =>
        logger.debug(
          { kubernetes: operation, cluster, ms: Math.round(performance.now() - began), outcome },
          'called Kubernetes',
        );
      try {
        const answer = await attempt(call);
        record('ok');
        return answer;
      } catch (error) {
        const value = asValue?.(error);
        record(value === undefined ? 'failed' : 'ok');
        if (value !== undefined) return value;
        throw fromKubernetesError(error, { cluster, operation });
      }
    },
    close: () => {
      if (current !== undefined) giveUp(current);
    },
  };
}
