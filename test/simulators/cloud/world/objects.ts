import { createHash } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { isObject, objectAt } from '../json.ts';
import type { Cluster, KubeObject } from './world.ts';

/** The stored Kubernetes objects of a cluster, by API path. Nodes and pods are computed, not stored. */
export function putObject(cluster: Cluster, path: string, object: JsonObject, now: number): KubeObject {
  const previous = cluster.objects.get(path);
  cluster.resourceVersion += 1;
  const changed = previous === undefined || JSON.stringify(previous['spec']) !== JSON.stringify(object['spec']);
  const generation = Number(previous?.metadata['generation'] ?? 0) + (changed ? 1 : 0);
  const stored: KubeObject = {
    ...object,
    metadata: {
      ...objectAt(object, 'metadata'),
      ...identity(path),
      uid: previous?.metadata['uid'] ?? uidOf(`${cluster.name}${path}${cluster.resourceVersion}`),
      creationTimestamp: previous?.metadata['creationTimestamp'] ?? new Date(now).toISOString().replace(/\.\d+Z/, 'Z'),
      resourceVersion: String(cluster.resourceVersion),
      generation,
    },
  };
  cluster.objects.set(path, stored);
  if (isObject(object['spec']) && isObject(objectAt(object, 'spec')['template']))
    rememberRollout(cluster, { path, previous, stored, now });
  return stored;
}

type Write = { path: string; previous: KubeObject | undefined; stored: KubeObject; now: number };

function rememberRollout(cluster: Cluster, { path, previous, stored, now }: Write): void {
  const before = objectAt(previous, 'spec', 'template');
  if (JSON.stringify(before) === JSON.stringify(objectAt(stored, 'spec', 'template'))) return;
  cluster.rollouts.set(path, { startedAt: now, previous: previous === undefined ? null : before });
}

/** Namespace and name of an object path: `/api/v1/namespaces/<ns>/<plural>/<name>` or `/api/v1/<plural>/<name>`. */
function identity(path: string): JsonObject {
  const parts = path.split('/');
  const index = parts.indexOf('namespaces');
  const name = parts.at(-1) ?? '';
  return index >= 0 && parts.length > index + 3 ? { name, namespace: parts[index + 1] ?? '' } : { name };
}

export function uidOf(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
