import { isScalar, type Pair, parseDocument, Scalar, visit } from 'yaml';
import type { StringToken } from '#src/domain/string-tokens.ts';

/** The string scalars of a YAML text in their order, comments and block scalars left out. */
export function yamlStrings(source: string): StringToken[] {
  const tokens: StringToken[] = [];
  const keys = new Map<unknown, string>();
  visit(parseDocument(source), {
    Pair: (_, pair: Pair) => {
      if (isScalar(pair.key) && isScalar(pair.value)) keys.set(pair.value, String(pair.key.value));
    },
    Scalar: (position, scalar) => {
      if (position === 'key' || typeof scalar.value !== 'string' || scalar.range == null) return;
      const quotes = QUOTES[scalar.type ?? ''];
      if (quotes === undefined) return;
      const [from, valueEnd] = scalar.range;
      const start = from + quotes;
      const end = valueEnd - quotes;
      // Anything written with an escape or over several lines is left to a person.
      if (source.slice(start, end) !== scalar.value) return;
      tokens.push({ start, end, value: scalar.value, key: keys.get(scalar) ?? null });
    },
  });
  return tokens;
}

/** How many characters of quotes a scalar begins and ends with. */
const QUOTES: Readonly<Record<string, number>> = {
  [Scalar.PLAIN]: 0,
  [Scalar.QUOTE_SINGLE]: 1,
  [Scalar.QUOTE_DOUBLE]: 1,
};
