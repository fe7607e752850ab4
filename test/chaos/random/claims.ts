import type { Shown } from './slack-view.ts';

/** What a notice says about the cluster, in a form that can be held against the cloud. */
export type Claim =
  | { kind: 'control-plane'; oneOf: string[] }
  | { kind: 'nothing-changed' }
  /** AWS did not answer: what is said besides is what the bot did, and said to be no more than that. */
  | { kind: 'not-looked-at' }
  | { kind: 'groups-gone'; groups: string[] }
  | { kind: 'groups-uncertain'; groups: string[] }
  | { kind: 'no-group-missing' }
  | { kind: 'old-core-is-there' }
  | { kind: 'groups-at'; counts: Record<string, number> }
  | { kind: 'new-groups'; groups: string[] }
  | { kind: 'gone-groups'; groups: string[] }
  | { kind: 'add-on'; name: string; version: string }
  | { kind: 'config-in-git' }
  | { kind: 'config-not-in-git' };

/** The claims of a notice about a stop, an abort or the finish. */
export function claimsOf({ lines }: Pick<Shown, 'lines'>): Claim[] {
  return lines.flatMap(claimsIn);
}

function claimsIn(line: string): Claim[] {
  for (const [pattern, claims] of READINGS) {
    const match = pattern.exec(line);
    if (match !== null) return claims(match);
  }
  return [];
}

type Reading = [RegExp, (match: RegExpExecArray) => Claim[]];

const READINGS: Reading[] = [
  [/The control plane is at (1\.\d+)\./, ([, version = '']) => [{ kind: 'control-plane', oneOf: [version] }]],
  [
    /The control plane was at (1\.\d+); its update to (1\.\d+) is not confirmed\./,
    ([, from = '', to = '']) => [{ kind: 'control-plane', oneOf: [from, to] }],
  ],
  [/^• Control plane: (?:1\.\d+ → )?(1\.\d+)$/, ([, version = '']) => [{ kind: 'control-plane', oneOf: [version] }]],
  [/^• Nothing was changed\.|^Nothing was changed: users notice nothing\./, () => [{ kind: 'nothing-changed' }]],
  [
    /\*Not there now:\* node groups? (.+) (?:was|were) deleted/,
    ([, groups = '']) => [{ kind: 'groups-gone', groups: named(groups) }],
  ],
  [
    /\*Not certain:\* .*node groups? (.+) began and was not seen to end/,
    ([, groups = '']) => [{ kind: 'groups-uncertain', groups: named(groups) }],
  ],
  [/^• \*Not looked at:\*/, () => [{ kind: 'not-looked-at' }]],
  [/No node group is missing/, () => [{ kind: 'no-group-missing' }]],
  [/beside the old one, which is still there/, () => [{ kind: 'old-core-is-there' }]],
  [
    /^• Node groups: (.+)$/,
    ([, text = '']) => [{ kind: 'groups-at', counts: countsIn(text.split(' → ').at(-1) ?? '') }],
  ],
  [/^• New: (.+)$/, ([, groups = '']) => [{ kind: 'new-groups', groups: named(groups) }]],
  [/^• Gone: (.+)$/, ([, groups = '']) => [{ kind: 'gone-groups', groups: named(groups) }]],
  [/^• Add-ons: (.+)$/, ([, text = '']) => text.split(', ').flatMap(addOnIn)],
  [/The changed config is in git/, () => [{ kind: 'config-in-git' }]],
  [/The changed config is not in git/, () => [{ kind: 'config-not-in-git' }]],
];

/** Names in code spans. */
function named(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
}

/** `2 at 1.25 (3 nodes) and 1 at 1.24 (1 node)` */
function countsIn(text: string): Record<string, number> {
  return Object.fromEntries(
    [...text.matchAll(/(\d+) at v?(1\.\d+)[^\s]* \(/g)].map(([, count, version]) => [version ?? '', Number(count)]),
  );
}

/** `coredns v1.8.7 → v1.9.3` */
function addOnIn(text: string): Claim[] {
  const [, name, version] = /^(\S+) (?:\S+ → )?(\S+)$/.exec(text) ?? [];
  return name === undefined || version === undefined ? [] : [{ kind: 'add-on', name, version }];
}
