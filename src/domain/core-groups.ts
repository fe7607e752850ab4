/**
 * Core node groups host what must keep running, so the replacement exists before the old group is deleted, under
 * another name: the last letter alternates within its pair, a ↔ b, c ↔ d, … y ↔ z. Going twice leads back, so where
 * a name stands says which one is next, and nothing has to be remembered.
 */
export function isCoreGroup(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => globToRegExp(pattern).test(name));
}

/** `core-a` → `core-b`, `core-r8i-flex-large-b` → `…-a`, `core-c` → `core-d`; undefined without a single letter at the end. */
export function alternateName(name: string): string | undefined {
  const match = /^(.+-)([a-z])$/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const index = match[2].charCodeAt(0) - FIRST_LETTER;
  return match[1] + String.fromCharCode(FIRST_LETTER + (index ^ 1));
}

const FIRST_LETTER = 'a'.charCodeAt(0);

/** `*` is any run of characters and `?` any one; everything else stands for itself. */
function globToRegExp(pattern: string): RegExp {
  const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const source = pattern.replace(/\*+|\?|[^*?]+/g, (part) => {
    if (part.startsWith('*')) return '.*';
    return part === '?' ? '.' : literal(part);
  });
  return new RegExp(`^${source}$`);
}
