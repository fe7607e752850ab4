import type {
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  RbacAuthorizationV1Api,
  RequestContext,
  VersionApi,
} from '@kubernetes/client-node';
import { Agent, fetch } from 'undici';

export type KubernetesApis = {
  core: CoreV1Api;
  apps: AppsV1Api;
  authorization: AuthorizationV1Api;
  rbac: RbacAuthorizationV1Api;
  custom: CustomObjectsApi;
  version: VersionApi;
  /** Closes the connections once the calls in flight are answered. */
  close: () => void;
};

type Server = {
  endpoint: string;
  /** PEM. */
  certificateAuthority: string;
  token: () => Promise<string>;
  userAgent: string;
  /** Real milliseconds a call may take, its answer's body included. */
  callTimeoutMs?: number;
};

/** Real milliseconds. */
const CONNECT_TIMEOUT = 5_000;
const CALL_TIMEOUT = 10_000;
const CONNECTIONS = 6;

/**
 * The typed APIs of one API server, over our own HTTP door. client-node's own opens a new TLS connection for every
 * call, never times out, leaves the body of a 401 unread (which blocks the connection) and caches credentials by user
 * name across clusters. Here one pool of connections with the cluster's CA serves all calls, each with its own time
 * limit. The package is imported when the first cluster is looked at: it is half of the bot's start-up time.
 */
export async function connectKubernetes(server: Server): Promise<KubernetesApis> {
  const k8s = await import('@kubernetes/client-node');
  const dispatcher = new Agent({
    connections: CONNECTIONS,
    connect: { ca: server.certificateAuthority, timeout: CONNECT_TIMEOUT },
  });
  const httpApi = k8s.wrapHttpLibrary({
    send: async (request) => {
      const answer = await send(request, server, dispatcher);
      return new k8s.ResponseContext(answer.status, answer.headers, {
        text: async () => answer.text,
        binary: async () => Buffer.from(answer.text),
        stream: () => null,
      });
    },
  });
  const configuration = k8s.createConfiguration({
    baseServer: new k8s.ServerConfiguration(server.endpoint, {}),
    httpApi,
  });
  return {
    core: new k8s.CoreV1Api(configuration),
    apps: new k8s.AppsV1Api(configuration),
    authorization: new k8s.AuthorizationV1Api(configuration),
    rbac: new k8s.RbacAuthorizationV1Api(configuration),
    custom: new k8s.CustomObjectsApi(configuration),
    version: new k8s.VersionApi(configuration),
    close: () => void dispatcher.close(),
  };
}

async function send(
  request: RequestContext,
  { token, userAgent, callTimeoutMs = CALL_TIMEOUT }: Server,
  dispatcher: Agent,
) {
  const body = request.getBody();
  const response = await fetch(request.getUrl(), {
    method: request.getHttpMethod().toString(),
    headers: { ...request.getHeaders(), Authorization: `Bearer ${await token()}`, 'User-Agent': userAgent },
    ...(typeof body === 'string' ? { body } : {}),
    redirect: 'error',
    signal: AbortSignal.timeout(callTimeoutMs),
    dispatcher,
  });
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
}
