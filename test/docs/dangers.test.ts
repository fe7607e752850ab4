import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8');

/** Every row: a danger, what the bot does, and the files and titles that show it. */
const rows = read('docs/dangers.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| danger '))
  .map((line) => {
    const [, danger = '', , shown = ''] = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
    return { danger: line.split(' | ')[0]?.slice(2) ?? danger, shown: line.split(' | ').at(-1) ?? shown };
  });

/** `test/x.test.ts`: "a title", "another"; and of this one (…) is no title. */
function proofsIn(shown: string): { file: string; titles: string[] }[] {
  return [...shown.matchAll(/`(test\/[^`]+?)`(?::((?: *"[^"]+",?(?: \([^)]*\))?)+))?/g)].map(
    ([, file = '', titles = '']) => ({
      file,
      titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title),
    }),
  );
}

describe('the table of dangers', () => {
  it('names something that shows it for each of them', () => {
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter(({ shown }) => proofsIn(shown).length === 0 && !/same scenario/.test(shown))).toEqual([]);
  });

  it('names files that are there, and titles that are in them', () => {
    const proofs = rows.flatMap(({ shown }) => proofsIn(shown));
    expect(proofs.filter(({ file }) => !existsSync(resolve(ROOT, file)))).toEqual([]);
    const isThere = (file: string, title: string): boolean => read(file).replaceAll("\\'", "'").includes(title);
    const wrong = proofs
      .filter(({ file }) => file.endsWith('.test.ts'))
      .flatMap(({ file, titles }) =>
        titles.filter((title) => !isThere(file, title)).map((title) => `${file}: ${title}`),
      );
    expect(wrong).toEqual([]);
  });
});
