import type { Shown } from './slack-view.ts';

/** What a failure notice tells: what happened, and what to do. */
export type Reason = { cause: string; remedy: string };

export function reasonOf({ spoken, lines }: Pick<Shown, 'spoken' | 'lines'>): Reason | null {
  const cause = after(lines, '*Cause*') ?? /Cause: (.+?)(?: What to do: |$)/.exec(spoken)?.[1];
  const remedy = after(lines, '*What to do*') ?? /What to do: (.+)$/.exec(spoken)?.[1];
  return cause === undefined || remedy === undefined ? null : { cause, remedy };
}

function after(lines: string[], heading: string): string | undefined {
  const at = lines.indexOf(heading);
  return at < 0 ? undefined : lines[at + 1];
}

/** What nobody can act on: no words, our own bug, or what only a debugger reads. */
const USELESS = [
  /unknown error/i,
  /the bot itself failed/i,
  /internal ?error/i,
  /\bundefined\b|\bNaN\b|\[object \w+\]/,
  /\bat .+:\d+:\d+\b|\bnode:internal|\.[jt]s:\d+/,
  /\b(?:TypeError|RangeError|ReferenceError|SyntaxError|ZodError|ReplyError)\b/,
  /"stack"|\bECONN[A-Z]+\.?$/,
];
/** Something that a person does. */
const ACT =
  /\b(?:press|retry|look|ask|have|give|check|free|raise|wait|run|put|delete|create|remove|map|push|start|renew|restore|fix|change|correct|request|take|let|make|add|open|set|update|finish|find|clear|detach|merge|read|repair|see)\b/i;
const LEAST_WORDS = 4;

/** Why nobody can act on this; null: they can. */
export function uselessness(reason: Reason | null): string | null {
  if (reason === null) return 'the notice has no cause or nothing to do';
  for (const [what, text] of Object.entries(reason)) {
    const bad = USELESS.find((pattern) => pattern.test(text));
    if (bad !== undefined) return `the ${what} is for nobody: "${text}"`;
    if (text.trim().split(/\s+/).length < LEAST_WORDS) return `the ${what} is no sentence: "${text}"`;
  }
  return ACT.test(reason.remedy) ? null : `nobody is told to do anything: "${reason.remedy}"`;
}
