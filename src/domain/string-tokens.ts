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
  let last: { text: string; kind: 'word' | 'other' } | null = null;
  let key: string | null = null;
  for (const match of source.matchAll(LEXEMES)) {
    const { comment, block, verbatim, quoted, word } = match.groups ?? {};
    if (comment !== undefined || block !== undefined) continue;
    const literal = verbatim ?? quoted;
    if (literal !== undefined) {
      const quoteAt = literal.startsWith('@') ? 1 : 0;
      const value = literal.slice(quoteAt + 1, -1);
      const start = match.index + quoteAt + 1;
      if (!HAS_ESCAPE[quoteAt === 1 ? 'verbatim' : 'quoted'].test(value)) {
        tokens.push({ start, end: start + value.length, value, key });
      }
      last = { text: value, kind: 'word' };
      key = null;
    } else if (word !== undefined) {
      last = { text: word, kind: 'word' };
      key = null;
    } else if (ASSIGNS.test(match[0])) {
      // `+:`, `::` and `=` come one character at a time: the name before them stays what they assign to.
      if (last?.kind === 'word') key = last.text;
    } else {
      last = { text: match[0], kind: 'other' };
      key = null;
    }
  }
  return tokens;
}

const LEXEMES = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)`,
    String.raw`(?<block>\|\|\|-?[ \t]*\r?\n[\s\S]*?\n[ \t]*\|\|\|)`,
    String.raw`(?<verbatim>@'(?:[^']|'')*'|@"(?:[^"]|"")*")`,
    String.raw`(?<quoted>'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*")`,
    String.raw`(?<word>[A-Za-z_][A-Za-z0-9_]*)`,
    String.raw`[^\s]`,
  ].join('|'),
  'g',
);

const HAS_ESCAPE = { verbatim: /''|""/, quoted: /\\/ };
const ASSIGNS = /^[:=+]$/;
