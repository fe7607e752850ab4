import { type Difference, differenceFrom } from '#src/domain/config-difference.ts';
import { type ConfigChange, candidateEdits, formatOf } from '#src/domain/edit-config.ts';
import { UserError } from '#src/domain/errors.ts';
import { isJsonObject, type JsonObject } from '#src/domain/json.ts';
import { jsonnetStrings, type StringToken } from '#src/domain/string-tokens.ts';
import type { EditConfig } from '#src/ports/config-editor.ts';
import type { Checkout } from '#src/ports/config-repository.ts';

export type EditConfigDeps = {
  /** JSON text of an object; throws UserError. */
  parseObject: (rendered: string) => JsonObject;
  yamlStrings: (source: string) => StringToken[];
};

/**
 * One change after the other (the version, then each core group's name), each proven on its own by evaluating the
 * edited text: of the proposals the first is taken whose evaluated config differs in exactly what was meant, or, if
 * there is none, the first where only values of the renamed group followed in their own way.
 */
export function createEditConfig({ parseObject, yamlStrings }: EditConfigDeps): EditConfig {
  return async ({ checkout, path, to, renames }) => {
    const format = formatOf(path);
    if (format === undefined)
      throw notEditable(path, 'it is not .jsonnet, .yaml, .yml or .json', 'name the eksctl config');
    checkNames(renames.map((rename) => rename.to));
    const stringsOf = format === 'yaml' ? yamlStrings : jsonnetStrings;
    let source = checkout.source;
    let evaluated = parseObject(await checkout.render());
    for (const change of changesToMake(evaluated, { path, to, renames })) {
      ({ source, evaluated } = await proveEdit({ checkout, parseObject, path, stringsOf, source, evaluated, change }));
    }
    return source;
  };
}

/** What is as it should be already is left out. */
function changesToMake(
  evaluated: JsonObject,
  { path, to, renames }: { path: string; to: string; renames: readonly { from: string; to: string }[] },
): ConfigChange[] {
  const version = versionOf(evaluated);
  const names = groupNames(evaluated);
  const changes: ConfigChange[] = version === to ? [] : [{ kind: 'version', from: version, to }];
  for (const rename of renames) {
    if (names.has(rename.from) && names.has(rename.to)) {
      throw notEditable(
        path,
        `it has a node group "${rename.to}" already beside "${rename.from}"`,
        'rename one of them by hand',
      );
    }
    if (names.has(rename.from)) changes.push({ kind: 'rename', ...rename });
    else if (!names.has(rename.to)) {
      throw notEditable(
        path,
        `it has no node group "${rename.from}"`,
        `its node groups are ${[...names].join(', ') || 'none'}`,
      );
    }
  }
  return changes;
}

type Attempt = {
  checkout: Pick<Checkout, 'renderEdited'>;
  parseObject: (rendered: string) => JsonObject;
  path: string;
  stringsOf: (source: string) => StringToken[];
  source: string;
  evaluated: JsonObject;
  change: ConfigChange;
};

type Edited = { source: string; evaluated: JsonObject };

/** Real configs need one to three; this bounds the time a strange one takes. */
const MOST_ATTEMPTS = 60;

async function proveEdit({
  checkout,
  parseObject,
  path,
  stringsOf,
  source,
  evaluated,
  change,
}: Attempt): Promise<Edited> {
  const differences: Difference[] = [];
  let follows: Edited | null = null;
  for (const candidate of candidateEdits(source, stringsOf(source), change).slice(0, MOST_ATTEMPTS)) {
    const rendered = await evaluateOrNull(checkout, candidate);
    if (rendered === null) continue;
    const edited: Edited = { source: candidate, evaluated: parseObject(rendered) };
    const difference = differenceFrom(evaluated, edited.evaluated, change);
    if (difference.kind === 'exact') return edited;
    if (difference.kind === 'follows') follows ??= edited;
    differences.push(difference);
  }
  if (follows !== null) return follows;
  throw cannotProve(path, change, differences);
}

/** An edit after which the config does not evaluate is simply not the right one. */
async function evaluateOrNull(checkout: Pick<Checkout, 'renderEdited'>, source: string): Promise<string | null> {
  try {
    return await checkout.renderEdited(source);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function cannotProve(path: string, change: ConfigChange, differences: readonly Difference[]): UserError {
  const what =
    change.kind === 'version' ? `metadata.version "${change.from}"` : `the node group's name "${change.from}"`;
  const byHand = `change ${what} to "${change.to}" by hand`;
  const more = differences.find((difference) => difference.kind === 'more');
  if (more !== undefined) {
    return notEditable(
      path,
      `every edit of ${what} would also change ${shorten(more.paths)}`,
      `${byHand}, and see whether that is meant`,
    );
  }
  const why =
    differences.length === 0 ? `${what} is not written in it` : `changing where ${what} is written has no effect`;
  return notEditable(path, `${why} (it may be in an imported file, or be computed)`, byHand);
}

function notEditable(path: string, why: string, remedy: string): UserError {
  return new UserError('ConfigNotEditable', `the config ${path} cannot be edited safely: ${why}; ${remedy}`);
}

/** A name goes into the source between quotes; node group names are no wider than this in eksctl and EKS. */
function checkNames(names: readonly string[]): void {
  const wrong = names.find((name) => !/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name));
  if (wrong !== undefined) {
    throw new UserError(
      'InvalidGroupName',
      `"${wrong}" is not a node group's name: use letters, digits, - and _, at most 63`,
    );
  }
}

function shorten(paths: readonly string[]): string {
  return paths.length > 3 ? `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more` : paths.join(', ');
}

function versionOf({ metadata }: JsonObject): string {
  const version = isJsonObject(metadata) ? metadata.version : undefined;
  return typeof version === 'string' ? version : '';
}

function groupNames(config: JsonObject): Set<string> {
  const groups = [config.nodeGroups, config.managedNodeGroups].flatMap((list) => (Array.isArray(list) ? list : []));
  return new Set(
    groups.flatMap((group) => (isJsonObject(group) && typeof group.name === 'string' ? [group.name] : [])),
  );
}
