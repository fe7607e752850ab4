import { UserError } from '#src/domain/errors.ts';

/** Throws UserError unless the text is a whole number from `least` on. */
export function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || text.trim() === '') {
    throw new UserError('Usage', `${name} "${text}" is not a whole number from ${least} on`);
  }
  return value;
}
