import { readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { UserError } from '#src/domain/errors.ts';

/**
 * `importstr "/proc/…/environ"` in a config would put the bot's secrets into a cluster's tags, and jsonnet has no
 * sandbox. But an import's path is a plain string literal (https://jsonnet.org/ref/spec.html#lexing, "computed imports
 * are not allowed"), so what a config can read is known without evaluating it: everything it imports must be in its
 * repository. What is not there is left for the evaluator to report, with file and line.
 */
export async function checkJsonnetImports(request: { root: string; directory: string; source: string }): Promise<void> {
  const root = await realpath(request.root);
  const seen = new Set<string>();
  const waiting = [{ directory: request.directory, source: request.source }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { kind, path } of jsonnetImports(next.source)) {
      const target = await resolveInside(root, next.directory, path);
      if (target === null || seen.has(target)) continue;
      seen.add(target);
      if (kind === 'import') waiting.push({ directory: dirname(target), source: await readFile(target, 'utf8') });
    }
  }
}

/** Absolute path of an imported file without symbolic links; null: not there. */
async function resolveInside(root: string, directory: string, path: string): Promise<string | null> {
  const outside = new UserError(
    'ConfigImportsFromOutside',
    `the config imports "${path}", which is not in its repository: copy what it needs into the repository`,
  );
  if (isAbsolute(path)) throw outside;
  const target = await realpath(join(directory, path)).catch(() => null);
  if (target === null) return null;
  if (!target.startsWith(root.endsWith('/') ? root : `${root}/`)) throw outside;
  return target;
}

// Comments, text blocks, strings (verbatim, then escaped) and words, as in the lexing section of the specification.
const TOKEN =
  /\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|\|\|\|-?[ \t\r]*\n([ \t]+)[\s\S]*?\n(?!\1)[ \t]*\|\|\||@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[A-Za-z_][A-Za-z0-9_]*|\S/g;

type JsonnetImport = { kind: 'import' | 'importstr' | 'importbin'; path: string };

export function jsonnetImports(source: string): JsonnetImport[] {
  const imports: JsonnetImport[] = [];
  let kind: JsonnetImport['kind'] | null = null;
  for (const [token] of source.matchAll(TOKEN)) {
    if (/^(?:\/\/|#|\/\*)/.test(token)) continue;
    if (kind !== null && /^@?["']/.test(token)) imports.push({ kind, path: stringValue(token) });
    kind = token === 'import' || token === 'importstr' || token === 'importbin' ? token : null;
  }
  return imports;
}

const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function stringValue(token: string): string {
  if (token.startsWith('@')) {
    const quote = token.slice(1, 2);
    return token.slice(2, -1).replaceAll(quote + quote, quote);
  }
  return token
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_all, code?: string, char?: string) =>
      code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : (ESCAPES[char ?? ''] ?? char ?? ''),
    );
}
