import type { JsonObject } from '../json.ts';
import { textAt } from '../json.ts';
import type { KubernetesIdentity } from '../world/access.ts';
import type { Actor, Cluster, World } from '../world/world.ts';
import type { KubernetesRequest } from './request.ts';
import { notFound } from './status.ts';

/** Who asks, and of which cluster. */
export type Session = { world: World; cluster: Cluster; identity: KubernetesIdentity; actor: Actor };

/** The object that the request names; 404 when there is none. */
export function find(objects: JsonObject[], request: KubernetesRequest): JsonObject {
  const { namespace, name, plural } = request;
  const found = objects.find(
    ({ metadata }) =>
      textAt(metadata, 'name') === name && (namespace === null || textAt(metadata, 'namespace') === namespace),
  );
  if (found === undefined) throw notFound(plural, name ?? '');
  return found;
}
