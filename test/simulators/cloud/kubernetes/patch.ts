import type { Json, JsonObject } from '../json.ts';
import { isObject, textAt } from '../json.ts';
import { StatusError } from './status.ts';

/** The three patch types. https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ */
export function applyPatch(object: JsonObject, patch: Json, contentType: string): JsonObject {
  const type = contentType.split(';')[0]?.trim();
  const patched = patchOf(type, object, patch);
  if (!isObject(patched)) throw new StatusError(400, 'BadRequest', 'the patch does not leave an object');
  return patched;
}

function patchOf(type: string | undefined, object: JsonObject, patch: Json): Json {
  switch (type) {
    case 'application/strategic-merge-patch+json':
      return merge(object, patch, true);
    case 'application/merge-patch+json':
      return merge(object, patch, false);
    case 'application/json-patch+json':
      return jsonPatch(object, patch);
    default:
      throw new StatusError(
        415,
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json (got ${type})`,
      );
  }
}

/**
 * null deletes; strategically, lists of named things are merged by their names. Any other list is replaced, that of a
 * node's taints too: its field has no merge key (kubernetes `pkg/controller/controller_utils.go`, PatchNodeTaints).
 */
function merge(target: Json | undefined, patch: Json, strategic: boolean): Json {
  if (strategic && Array.isArray(patch) && Array.isArray(target) && patch.every(isNamed))
    return mergeNamed(target, patch);
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (strategic && key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value, strategic);
  }
  return result;
}

function isNamed(item: Json): item is JsonObject {
  return isObject(item) && typeof item['name'] === 'string';
}

function mergeNamed(target: Json[], patch: JsonObject[]): Json[] {
  const result = [...target];
  for (const item of patch) {
    const index = result.findIndex((known) => isObject(known) && known['name'] === item['name']);
    if (item['$patch'] === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index < 0) result.push(merge({}, item, true));
    else result[index] = merge(result[index], item, true);
  }
  return result;
}

function jsonPatch(object: JsonObject, patch: Json): Json {
  if (!Array.isArray(patch))
    throw new StatusError(400, 'BadRequest', 'error decoding patch: a JSON patch is a list of operations');
  const result = structuredClone(object);
  for (const operation of patch) if (isObject(operation)) applyOperation(result, operation);
  return result;
}

function applyOperation(root: JsonObject, operation: JsonObject): void {
  const path = textAt(operation, 'path') ?? '';
  const op = textAt(operation, 'op') ?? '';
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = parts.pop() ?? '';
  let parent: Json | undefined = root;
  for (const part of parts)
    parent = Array.isArray(parent) ? parent[Number(part)] : isObject(parent) ? parent[part] : undefined;
  const value = operation['value'] ?? null;
  if (op === 'test') {
    const found = Array.isArray(parent) ? parent[Number(last)] : isObject(parent) ? parent[last] : undefined;
    if (JSON.stringify(found ?? null) === JSON.stringify(value)) return;
    throw new StatusError(422, 'Invalid', `testing value ${path} failed: the server rejected our request`);
  }
  if (Array.isArray(parent)) changeList(parent, { last, op, value });
  else if (!isObject(parent)) throw new StatusError(422, 'Invalid', `the path ${path} does not exist`);
  else if (op === 'remove') delete parent[last];
  else parent[last] = value;
}

function changeList(list: Json[], { last, op, value }: { last: string; op: string; value: Json }): void {
  const index = last === '-' ? list.length : Number(last);
  if (op === 'remove') list.splice(index, 1);
  else if (op === 'replace') list[index] = value;
  else list.splice(index, 0, value);
}
