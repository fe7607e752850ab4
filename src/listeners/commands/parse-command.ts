import { outside } from '#src/messages/mrkdwn.ts';

export type ParsedCommand =
  | { kind: 'upgrade'; cluster: string; version: string }
  | { kind: 'status'; cluster: string | null }
  /** `notUnderstood`: a sentence that names what was not understood, escaped; null when help was asked for. */
  | { kind: 'help'; notUnderstood: string | null };

/** The text after `/eks-upgrade`. Whether the cluster and the version exist is for the operation to say. */
export function parseCommand(text: string): ParsedCommand {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const [first, second] = words;
  if (first === undefined) return { kind: 'help', notUnderstood: null };
  switch (first.toLowerCase()) {
    case 'help':
      return { kind: 'help', notUnderstood: words.length === 1 ? null : tooMuch(words.slice(1), 'help') };
    case 'status':
      return words.length <= 2
        ? { kind: 'status', cluster: second ?? null }
        : { kind: 'help', notUnderstood: tooMuch(words.slice(2), `status ${second}`) };
    default:
      return parseUpgrade(words);
  }
}

function parseUpgrade(words: string[]): ParsedCommand {
  const [cluster = '', version] = words;
  if (version === undefined)
    return {
      kind: 'help',
      notUnderstood: `I did not understand "${shown(cluster)}": an upgrade needs a cluster and a version.`,
    };
  if (words.length > 2) return { kind: 'help', notUnderstood: tooMuch(words.slice(2), `${cluster} ${version}`) };
  return { kind: 'upgrade', cluster, version };
}

function tooMuch(words: string[], after: string): string {
  return `I did not understand "${shown(words.join(' '))}" after "${shown(after)}".`;
}

function shown(text: string): string {
  return outside(text, 120);
}
