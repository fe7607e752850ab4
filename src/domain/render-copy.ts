import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Rename } from './plan.ts';

/**
 * The rendered copy for one command: the config as it evaluates, with the version the command is to use and the names
 * core groups live by at that moment. Nothing of this is ever written back to the config, so nothing has to be restored.
 */
export function renderCopy(
  config: JsonObject,
  change: { version: string; renames: readonly Rename[]; only?: readonly string[] },
): JsonObject {
  const metadata = isJsonObject(config.metadata) ? config.metadata : {};
  const versioned: JsonObject = { ...config, metadata: { ...metadata, version: change.version } };
  const renamed = change.renames.reduce(renameGroup, versioned);
  return change.only === undefined ? renamed : withOnly(renamed, change.only);
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
  const renamed = { ...config };
  for (const list of GROUP_LISTS) {
    const groups = config[list];
    if (!Array.isArray(groups)) continue;
    renamed[list] = groups.map((group) =>
      isJsonObject(group) && group.name === rename.from ? replaceValue(group, rename) : group,
    );
  }
  return renamed;
}

export const GROUP_LISTS = ['nodeGroups', 'managedNodeGroups'] as const;

function replaceValue(value: Json, { from, to }: Rename): Json {
  if (value === from) return to;
  if (Array.isArray(value)) return value.map((item) => replaceValue(item, { from, to }));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceValue(inner, { from, to })]));
}
