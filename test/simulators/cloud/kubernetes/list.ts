import type { Json, JsonObject } from '../json.ts';
import { textAt, textsAt } from '../json.ts';
import type { KubernetesRequest } from './request.ts';
import { labelSelector } from './selectors.ts';
import { StatusError } from './status.ts';

/** A list answer: namespace, label and field selectors, `limit` and `continue`. */
export function listOf(
  objects: JsonObject[],
  head: { kind: string; apiVersion: string },
  request: KubernetesRequest,
): Json {
  if (request.query.get('watch') === 'true')
    throw new StatusError(400, 'BadRequest', 'the simulator has no watch: list again');
  const selector = labelSelector(request.query.get('labelSelector'));
  if (selector === null)
    throw new StatusError(400, 'BadRequest', `unable to parse requirement: ${request.query.get('labelSelector')}`);
  const selected = objects
    .filter(({ metadata }) => request.namespace === null || textAt(metadata, 'namespace') === request.namespace)
    .filter(({ metadata }) => selector(textsAt(metadata, 'labels')))
    .filter(fieldSelector(request.query.get('fieldSelector')));
  const start = Number(Buffer.from(request.query.get('continue') ?? '', 'base64url').toString() || 0);
  const limit = Number(request.query.get('limit') ?? 0);
  const page = limit > 0 ? selected.slice(start, start + limit) : selected.slice(start);
  const next = start + page.length;
  const more = next < selected.length;
  return {
    ...head,
    metadata: {
      resourceVersion: '1',
      ...(more
        ? { continue: Buffer.from(String(next)).toString('base64url'), remainingItemCount: selected.length - next }
        : {}),
    },
    items: page,
  };
}

function fieldSelector(selector: string | null): (object: JsonObject) => boolean {
  const wishes = (selector ?? '').split(',').filter((part) => part !== '');
  return (object) =>
    wishes.every((wish) => {
      const [, path = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(wish) ?? [];
      return ((textAt(object, ...path.split('.')) ?? '') === value) === (operator !== '!=');
    });
}
