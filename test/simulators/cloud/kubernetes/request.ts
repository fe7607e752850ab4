import type { IncomingMessage } from 'node:http';
import type { KubernetesAction } from '../authorize.ts';
import type { Json } from '../json.ts';
import { StatusError } from './status.ts';

/** A request to the Kubernetes API, taken apart. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
export type KubernetesRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  contentType: string;
  body: Json | undefined;
  /** `''` is the core group. */
  group: string;
  version: string;
  namespace: string | null;
  /** `''` when the path is no resource, e.g. `/version`. */
  plural: string;
  name: string | null;
  subresource: string | null;
};

export function parseRequest(request: IncomingMessage, body: string): KubernetesRequest {
  const url = new URL(request.url ?? '/', 'https://kubernetes');
  const path = decodeURIComponent(url.pathname).replace(/\/$/, '');
  return {
    method: request.method ?? 'GET',
    path,
    query: url.searchParams,
    contentType: request.headers['content-type'] ?? '',
    body: parseBody(body),
    ...resourceOf(path),
  };
}

function parseBody(body: string): Json | undefined {
  if (body === '') return undefined;
  try {
    return JSON.parse(body) as Json;
  } catch {
    throw new StatusError(400, 'BadRequest', 'the request body is not JSON');
  }
}

type Resource = Pick<KubernetesRequest, 'group' | 'version' | 'namespace' | 'plural' | 'name' | 'subresource'>;

function resourceOf(path: string): Resource {
  const match = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))((?:\/[^/]+)*)$/.exec(path);
  const none: Resource = { group: '', version: '', namespace: null, plural: '', name: null, subresource: null };
  if (match === null) return none;
  const [, core, group = '', version = core ?? '', rest = ''] = match;
  const parts = rest.split('/').slice(1);
  const namespaced = parts[0] === 'namespaces' && parts.length > 2;
  const [plural = '', name = null, subresource = null] = namespaced ? parts.slice(2) : parts;
  return { group, version, namespace: namespaced ? (parts[1] ?? null) : null, plural, name, subresource };
}

const VERBS: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export function actionOf(request: KubernetesRequest): KubernetesAction {
  const { method, group, plural, name, namespace, subresource, query } = request;
  const look = query.get('watch') === 'true' ? 'watch' : name === null ? 'list' : 'get';
  const verb = VERBS[method] ?? look;
  return { verb, group, resource: plural, subresource, namespace, name };
}

/** Path of the stored object, without a subresource. */
export function objectPath({ group, version, namespace, plural, name }: KubernetesRequest): string {
  const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${prefix}${namespace === null ? '' : `/namespaces/${namespace}`}/${plural}/${name ?? ''}`;
}
