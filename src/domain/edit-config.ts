import type { Rename } from './plan.ts';
import type { StringToken } from './string-tokens.ts';

/**
 * Editing a config in place, in its source: people wrote it with comments, libraries and names that are computed, and
 * all of that stays. What a literal means cannot be known from the text, so nothing is decided here: these functions
 * only propose edits, most plausible first, each the replacement of whole string literals or of the end of one. An
 * edit counts when the config, evaluated again, differs in exactly what was meant (config-difference.ts).
 */
export type ConfigFormat = 'jsonnet' | 'yaml' | 'json';

export type ConfigChange = { kind: 'version'; from: string; to: string } | ({ kind: 'rename' } & Rename);

/** undefined for a file name that is no config's. */
export function formatOf(path: string): ConfigFormat | undefined {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase();
  if (extension === 'jsonnet' || extension === 'json') return extension;
  return extension === 'yaml' || extension === 'yml' ? 'yaml' : undefined;
}

/** Edited sources, most plausible first; empty when nothing in the text looks like it. */
export function candidateEdits(source: string, tokens: readonly StringToken[], change: ConfigChange): string[] {
  const proposals = change.kind === 'version' ? versionProposals(tokens, change) : renameProposals(tokens, change);
  const ranked = [...proposals].sort((a, b) => a.rank - b.rank);
  // Names that are written out twice (a name and a tag) have to change together.
  const sameValue = ranked.filter(({ token }) => token.value === change.from);
  const single = ranked.map((proposal) => [proposal]);
  const proposed =
    sameValue.length > 1
      ? [...single.slice(0, sameValue.length), sameValue, ...single.slice(sameValue.length)]
      : single;
  return proposed.map((edits) => applyEdits(source, edits));
}

type Proposal = { token: StringToken; text: string; rank: number };

function versionProposals(tokens: readonly StringToken[], { from, to }: { from: string; to: string }): Proposal[] {
  return tokens
    .filter(({ value }) => value === from)
    .map((token) => ({
      token,
      text: to,
      rank: token.key === 'version' ? 0 : /version/i.test(token.key ?? '') ? 1 : 2,
    }));
}

/**
 * `core-a` may be written as such, or be put together from `core` and `a` by a library. So every literal that is an
 * end of the name and holds what changes in it is a candidate, the longest first.
 */
function renameProposals(tokens: readonly StringToken[], { from, to }: Rename): Proposal[] {
  const kept = commonStart(from, to);
  const changing = from.length - kept;
  return tokens
    .filter(({ value }) => value.length >= changing && value !== '' && from.endsWith(value))
    .map((token) => {
      const text = token.value.slice(0, token.value.length - changing) + to.slice(kept);
      return { token, text, rank: renameRank(token, from) };
    });
}

function renameRank({ value, key }: StringToken, name: string): number {
  if (value === name) return key === 'name' ? 0 : 1;
  const rank = /suffix|generation|name/i.test(key ?? '') ? 2 : 3;
  return rank + (name.length - value.length) / (name.length + 1);
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length - 1 && length < b.length - 1 && a[length] === b[length]) length += 1;
  return length;
}

function applyEdits(source: string, edits: readonly Proposal[]): string {
  return [...edits]
    .sort((a, b) => b.token.start - a.token.start)
    .reduce(
      (text, { token, text: replacement }) => text.slice(0, token.start) + replacement + text.slice(token.end),
      source,
    );
}
