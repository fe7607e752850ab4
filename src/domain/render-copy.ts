import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Rename } from './plan.ts';

/**
 * The rendered copy for one command: the config as it evaluates, with the version the command is to use and the names
 * core groups live by at that moment. Nothing of this is ever written back to the config, so nothing has to be restored.
 */
export function renderCopy(config: JsonObject, { version, renames, desired = {}, only }: CopyChange): JsonObject {
  const metadata = isJsonObject(config.metadata) ? config.metadata : {};
  const versioned: JsonObject = { ...config, metadata: { ...metadata, version } };
  const grown = Object.entries(desired).reduce(growGroup, renames.reduce(renameGroup, versioned));
  return only === undefined ? grown : withOnly(grown, only);
}

export type CopyChange = {
  version: string;
  renames: readonly Rename[];
  /** By group, as it is called in the copy: how many nodes it begins with at least, as far as its maximum allows. */
  desired?: Readonly<Record<string, number>>;
  /** The groups that stay in the copy; absent: all. */
  only?: readonly string[];
};

/** What ran on more nodes than the config says needs as many again; the autoscaler takes away what is too many. */
function growGroup(config: JsonObject, [name, nodes]: [string, number]): JsonObject {
  return mapGroup(config, name, (group) => {
    const configured = numberOr(group.desiredCapacity, numberOr(group.minSize, 0));
    const wanted = Math.min(nodes, numberOr(group.maxSize, nodes));
    return wanted > configured ? { ...group, desiredCapacity: wanted } : group;
  });
}

function numberOr(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

/** Without the groups that a command is not about: eksctl resolves AMIs and keys of all that the file has. */
function withOnly(config: JsonObject, names: readonly string[]): JsonObject {
  const isMeant = (group: Json): boolean =>
    isJsonObject(group) && typeof group.name === 'string' && names.includes(group.name);
  const lists = GROUP_LISTS.flatMap((list) => {
    const groups = config[list];
    return Array.isArray(groups) ? [[list, groups.filter(isMeant)] as const] : [];
  });
  return { ...config, ...Object.fromEntries(lists) };
}

/** Values of the group that are its name, such as a tag or a label, follow it. */
export function renameGroup(config: JsonObject, rename: Rename): JsonObject {
  return mapGroup(config, rename.from, (group) => replaceValue(group, rename));
}

function mapGroup(config: JsonObject, name: string, change: (group: JsonObject) => Json): JsonObject {
  const changed = { ...config };
  for (const list of GROUP_LISTS) {
    const groups = config[list];
    if (!Array.isArray(groups)) continue;
    changed[list] = groups.map((group) => (isJsonObject(group) && group.name === name ? change(group) : group));
  }
  return changed;
}

export const GROUP_LISTS = ['nodeGroups', 'managedNodeGroups'] as const;

function replaceValue(value: Json, { from, to }: Rename): Json {
  if (value === from) return to;
  if (Array.isArray(value)) return value.map((item) => replaceValue(item, { from, to }));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceValue(inner, { from, to })]));
}
