import { createHash } from 'node:crypto';

/** `what` names all that the text depends on; a failure is not remembered. */
export type RememberRenders = (what: readonly string[], render: () => Promise<string>) => Promise<string>;

/** Of a run there are four or five: its config as it was, and each state of it that is put in git. */
const MOST = 200;

/**
 * What a config renders to depends on its commit, its path and its text alone: its imports stay inside the checkout, and
 * jsonnet gets nothing else. A run asks for the same dozens of times, before each command and each push.
 */
export function createRememberRenders(): RememberRenders {
  const known = new Map<string, string>();
  return async (what, render) => {
    const name = createHash('sha256').update(JSON.stringify(what)).digest('hex');
    const rendered = known.get(name) ?? (await render());
    // The one that was asked for last goes last.
    known.delete(name);
    known.set(name, rendered);
    const [oldest] = known.keys();
    if (known.size > MOST && oldest !== undefined) known.delete(oldest);
    return rendered;
  };
}
