import { describe, expect, it } from 'vitest';
import { yamlStrings } from '#src/adapters/yaml-strings.ts';
import { jsonnetStrings, type StringToken } from '#src/domain/string-tokens.ts';

const shown = (source: string, tokens: StringToken[]): [string | null, string][] =>
  tokens.map(({ key, value, start, end }) => {
    expect(source.slice(start, end)).toBe(value);
    return [key, value];
  });

describe('jsonnetStrings', () => {
  it.each<[string, string, [string | null, string][]]>([
    [
      'fields',
      `{ version: '1.22', "name"+: "core-a" }`,
      [
        ['version', '1.22'],
        [null, 'name'],
        ['name', 'core-a'],
      ],
    ],
    [
      'arguments and locals',
      `local v = '1'; f(version='1.34', 'x')`,
      [
        ['v', '1'],
        ['version', '1.34'],
        [null, 'x'],
      ],
    ],
    [
      'hidden and forced fields',
      `{ a:: 'x', b::: 'y' }`,
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
    ],
    ['comments are none', `// 'no'\n# "no"\n/* 'no' */ { a: 'yes' }`, [['a', 'yes']]],
    [
      'a comment sign in a string is none',
      `{ a: 'http://x', b: "#y" }`,
      [
        ['a', 'http://x'],
        ['b', '#y'],
      ],
    ],
    ['text blocks are none', `{ a: |||\n  it's 'no'\n|||, b: 'yes' }`, [['b', 'yes']]],
    [
      'verbatim',
      `[@'a\\b', @"c"]`,
      [
        [null, 'a\\b'],
        [null, 'c'],
      ],
    ],
    ['escapes are left out', `['a\\'b', 'c']`, [[null, 'c']]],
    ['a comment between', `{ version: /* soon */ '1.22' }`, [['version', '1.22']]],
    [
      'a value behind an operator',
      `{ name: 'core-' + 'a' }`,
      [
        ['name', 'core-'],
        [null, 'a'],
      ],
    ],
    [
      'a comparison',
      `if x == 'a' then 'b'`,
      [
        [null, 'a'],
        [null, 'b'],
      ],
    ],
  ])('%s', (_, source, expected) => {
    expect(shown(source, jsonnetStrings(source))).toEqual(expected);
  });
});

describe('yamlStrings', () => {
  it('finds string scalars by their key, and no comment, number, block or escape', () => {
    const source = [
      '# version: "1.22"',
      'metadata: {name: &n coast, version: "1.22"} # 1.22',
      "other: 'it''s'",
      'number: 1.22',
      'block: |',
      '  core-a',
      'list:',
      '  - core-a',
      "  - name: 'core-a'",
    ].join('\n');
    expect(shown(source, yamlStrings(source))).toEqual([
      ['name', 'coast'],
      ['version', '1.22'],
      [null, 'core-a'],
      ['name', 'core-a'],
    ]);
  });
});
