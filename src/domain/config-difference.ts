import type { ConfigChange } from './edit-config.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { GROUP_LISTS, renameGroup } from './render-copy.ts';

/**
 * `exact`: the evaluated config differs in what was meant, and in nothing else. `follows`: the renamed group also has
 * values made from its name that followed in part or otherwise (`generation: a` → `b`), or a tag that kept the old
 * name. `more`: something else differs, at these paths.
 */
export type Difference = { kind: 'exact' } | { kind: 'follows' } | { kind: 'none' } | { kind: 'more'; paths: string[] };

/** Compares two evaluated configs with the change that was meant. The order of node groups has no meaning. */
export function differenceFrom(before: JsonObject, after: JsonObject, change: ConfigChange): Difference {
  const same = (a: Json | undefined, b: Json | undefined): boolean => differingPaths(a, b).length === 0;
  const [was, is] = [byName(before), byName(after)];
  if (same(was, is)) return { kind: 'none' };
  const expected = byName(applied(before, change));
  const paths = differingPaths(expected, is);
  if (paths.length === 0) return { kind: 'exact' };
  if (change.kind === 'rename' && paths.every((path) => isGroupValue(path, expected, is, change)))
    return { kind: 'follows' };
  return { kind: 'more', paths: paths.map((path) => path.join('.')) };
}

function applied(config: JsonObject, change: ConfigChange): JsonObject {
  if (change.kind === 'rename') return renameGroup(config, change);
  const metadata = isJsonObject(config.metadata) ? config.metadata : {};
  return { ...config, metadata: { ...metadata, version: change.to } };
}

/** Node groups by their name instead of by their place. */
function byName(config: JsonObject): JsonObject {
  const result = { ...config };
  for (const list of GROUP_LISTS) {
    const groups = config[list];
    if (!Array.isArray(groups)) continue;
    result[list] = Object.fromEntries(
      groups.map((group, index) => [
        isJsonObject(group) && typeof group.name === 'string' ? group.name : `#${index}`,
        group,
      ]),
    );
  }
  return result;
}

type Path = readonly string[];

function differingPaths(a: Json | undefined, b: Json | undefined, path: Path = []): Path[] {
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.flatMap((item, index) => differingPaths(item, b[index], [...path, String(index)]));
  }
  if (isJsonObject(a) && isJsonObject(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => differingPaths(a[key], b[key], [...path, key]));
  }
  return a === b ? [] : [path];
}

/** A value inside the renamed group that is the group's name or the end of it, before and after. */
function isGroupValue(
  path: Path,
  expected: JsonObject,
  actual: JsonObject,
  { from, to }: { from: string; to: string },
): boolean {
  const [list, group] = path;
  if (!GROUP_LISTS.some((name) => name === list) || group !== to || path.length < 3) return false;
  const [was, is] = [valueAt(expected, path), valueAt(actual, path)];
  if (typeof was !== 'string' || typeof is !== 'string') return false;
  const isEnd = (name: string, value: string): boolean => value !== '' && name.endsWith(value);
  return (isEnd(from, was) || isEnd(to, was)) && (isEnd(to, is) || isEnd(from, is));
}

function valueAt(value: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isJsonObject(inner) ? inner[key] : undefined;
  }, value);
}
