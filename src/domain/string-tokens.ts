/** A string literal of a source text: where its content stands (without quotes), and what introduces it. */
export type StringToken = {
  start: number;
  end: number;
  value: string;
  /** The field, argument or variable it is given to: `version` of `version: '1.24'` and of `version='1.24'`. */
  key: string | null;
};

/**
 * The string literals of a jsonnet or JSON text, comments and text blocks left out. Literals with an escape are left
 * out too: versions and group names need none. Grammar: https://jsonnet.org/ref/spec.html#lexing
 */
export function jsonnetStrings(source: string): StringToken[] {
  const tokens: StringToken[] = [];
  /** The word or string just before, and whether an assignment followed it. */
  let before: { text: string; assigned: boolean } | null = null;
  for (const match of source.matchAll(LEXEMES)) {
    const { skipped, verbatim, quoted, word, assign } = match.groups ?? {};
    if (skipped !== undefined) continue;
    const literal = verbatim ?? quoted;
    if (literal !== undefined) {
      const value = literal.slice(verbatim === undefined ? 1 : 2, -1);
      const end = match.index + literal.length - 1;
      const key = before?.assigned === true ? before.text : null;
      if (!(verbatim === undefined ? /\\/ : /''|""/).test(value))
        tokens.push({ start: end - value.length, end, value, key });
      before = { text: value, assigned: false };
    } else if (assign !== undefined) {
      if (before !== null) before.assigned = true;
    } else {
      before = word === undefined ? null : { text: word, assigned: false };
    }
  }
  return tokens;
}

const COMMENT = String.raw`\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/`;
/** Ends at the first line that is indented less than its first one. */
const TEXT_BLOCK = String.raw`\|\|\|-?[ \t\r]*\n(?<indent>[ \t]+)[\s\S]*?\n(?!\k<indent>)[ \t]*\|\|\|`;

const LEXEMES = new RegExp(
  [
    `(?<skipped>${COMMENT}|${TEXT_BLOCK})`,
    `(?<verbatim>@'(?:[^']|'')*'|@"(?:[^"]|"")*")`,
    String.raw`(?<quoted>'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*")`,
    '(?<word>[A-Za-z_][A-Za-z0-9_]*)',
    String.raw`(?<assign>\+?:{1,3}|=(?!=))`,
    String.raw`\S`,
  ].join('|'),
  'g',
);
