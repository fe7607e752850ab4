import type { Decision, UserId } from '#src/domain/run.ts';

/** Slack's three control characters. Everything that comes from outside goes through here (or through `code`). */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `name` in a code span, where nothing else is formatted. A backtick cannot be escaped there, so it becomes a quote. */
export function code(text: string): string {
  return `\`${escapeMrkdwn(text.replaceAll('`', "'"))}\``;
}

/** Output as it came, keeping its last `maxChars`: the reason of a failure stands at the end. */
export function preformatted(text: string, maxChars: number): string {
  const lines = escapeMrkdwn(text.replaceAll('```', "'''").trimEnd()).split('\n');
  const kept: string[] = [];
  let size = 0;
  for (const line of lines.toReversed()) {
    if (size + line.length + 1 > maxChars) break;
    kept.unshift(line);
    size += line.length + 1;
  }
  if (kept.length === lines.length) return `\`\`\`\n${kept.join('\n')}\n\`\`\``;
  if (kept.length === 0) return `\`\`\`\n… ${cutEscaped(lines.at(-1) ?? '', maxChars)}\n\`\`\``;
  return `… and ${countOf(lines.length - kept.length, 'earlier line')}\n\`\`\`\n${kept.join('\n')}\n\`\`\``;
}

/** The end of escaped text, not beginning in the middle of an entity. */
function cutEscaped(escaped: string, maxChars: number): string {
  return escaped.slice(-maxChars).replace(/^[a-z]{0,4};/, '');
}

/** At most `max` characters, saying how much is left out. For text that is not escaped, or is going to be: see `outside`. */
export function clip(text: string, max: number): string {
  return text.length <= max ? text : clipAt(text, max - ROOM_FOR_COUNT);
}

/** Text from outside in one line, escaped, at most `max` characters then. Cut before it is escaped, so that no entity is cut. */
export function outside(text: string, max = 600): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  if (escapeMrkdwn(line).length <= max) return escapeMrkdwn(line);
  const characters = Array.from(line);
  const end = fitting(
    characters.map((character) => escapeMrkdwn(character).length),
    max - ROOM_FOR_COUNT,
  );
  return escapeMrkdwn(clipAt(line, characters.slice(0, end).join('').length));
}

const ROOM_FOR_COUNT = 40;

function clipAt(text: string, end: number): string {
  const kept = text.slice(0, Math.max(end, 0)).replace(/\s+\S*$/, '');
  return `${kept} … (and ${text.length - kept.length} more characters)`;
}

/** A mention, or the login of somebody who used a shell. */
export function person(by: UserId): string {
  if (by.startsWith('shell:')) return `${escapeMrkdwn(by.slice('shell:'.length))} (from a shell)`;
  return /^[UW][A-Z0-9]+$/.test(by) ? `<@${by}>` : escapeMrkdwn(by);
}

export function byWhom({ by, at }: Decision): string {
  return `by ${person(by)}, ${when(at)}`;
}

/** A moment in each reader's own time zone, with UTC where Slack cannot. Source: docs.slack.dev/messaging/formatting-message-text#date-formatting */
export function when(ms: number): string {
  const fallback = new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  return `<!date^${Math.floor(ms / 1000)}^{date_short_pretty} {time}|${fallback} UTC>`;
}

export function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function aboutMinutes(minutes: number): string {
  return `about ${duration(minutes * 60_000)}`;
}

/** `1 node group`, `3 node groups`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Code spans until `maxChars` are used up, then "and N more". */
export function names(list: readonly string[], maxChars = 1500): string {
  return joined(list.map(code), ', ', maxChars);
}

/** Items until `maxChars` are used up, then "and N more": nothing is cut in the middle. */
export function joined(items: readonly string[], separator: string, maxChars: number): string {
  const end = fitting(
    items.map((item) => item.length + separator.length),
    maxChars,
  );
  const shown = items.slice(0, Math.max(end, 1));
  const left = items.length - shown.length;
  return left === 0 ? shown.join(separator) : `${shown.join(separator)}${separator}and ${left} more`;
}

/** How many of these sizes, from the first on, fit together. */
export function fitting(sizes: readonly number[], max: number): number {
  let sum = 0;
  let count = 0;
  for (const size of sizes) {
    sum += size;
    if (sum > max) break;
    count += 1;
  }
  return count;
}

/** `a`, `a and b`, `a, b and c`. */
export function sentenceList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A failure's words, which come in lower case and without a full stop, as a sentence. */
export function explained(text: string): string {
  return sentence(capitalised(outside(text, 1500)));
}

/** With a full stop, unless the text brought its own end. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
