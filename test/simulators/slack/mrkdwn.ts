/*
 * slack-blocks-to-jsx sets stray spaces around escaped characters, keeps the line breaks inside a code fence, and writes
 * dates by the real clock. So texts are prepared for it, and its HTML is put right.
 */
const ENTITIES: [entity: string, mark: string][] = [
  ['&lt;', '\u{E000}'],
  ['&gt;', '\u{E001}'],
  ['&amp;', '\u{E002}'],
];

/** Prepares every `mrkdwn` text within a block. `now`: simulated epoch milliseconds. */
export function prepare<T>(value: T, now: number): T {
  if (Array.isArray(value)) return value.map((item: unknown) => prepare(item, now)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const isMrkdwn = 'type' in value && value.type === 'mrkdwn';
  const entries = Object.entries(value)
    // Slack still formats such a text and only links nothing by itself; the library would not format it at all.
    // https://docs.slack.dev/reference/block-kit/composition-objects/text-object
    .filter(([key]) => !(isMrkdwn && key === 'verbatim'))
    .map(([key, item]: [string, unknown]) => [
      key,
      isMrkdwn && key === 'text' && typeof item === 'string' ? prepareText(item, now) : prepare(item, now),
    ]);
  return Object.fromEntries(entries) as T;
}

/** The marks stand for escaped characters, so they are escaped in HTML, too. */
export function restore(html: string): string {
  return ENTITIES.reduce((text, [entity, mark]) => text.replaceAll(mark, entity), html);
}

function prepareText(text: string, now: number): string {
  const dated = text.replace(/<!date\^(\d+)\^([^|>^]+)(?:\^[^|>]+)?\|[^>]*>/g, (_, seconds: string, format: string) =>
    formatDate(Number(seconds) * 1000, format, now),
  );
  const marked = ENTITIES.reduce((result, [entity, mark]) => result.replaceAll(entity, mark), dated);
  return marked.replace(/```\n?([\s\S]*?)\n?```/g, '```$1```');
}

/** https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
export function formatDate(at: number, format: string, now: number): string {
  const write = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat('en-US', options).format(at);
  const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000);
  const near = { '-1': 'yesterday', '0': 'today', '1': 'tomorrow' }[String(days)];
  const short: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric', year: 'numeric' };
  const plain: Intl.DateTimeFormatOptions = { ...short, month: 'long' };
  const long: Intl.DateTimeFormatOptions = { ...plain, weekday: 'long' };
  const tokens: Record<string, () => string> = {
    date_num: () => new Date(at).toISOString().slice(0, 10),
    date: () => write(plain),
    date_short: () => write(short),
    date_long: () => write(long),
    date_pretty: () => near ?? write(plain),
    date_short_pretty: () => near ?? write(short),
    date_long_pretty: () => near ?? write(long),
    time: () => write({ hour: 'numeric', minute: '2-digit' }),
    time_secs: () => write({ hour: 'numeric', minute: '2-digit', second: '2-digit' }),
  };
  return format.replace(/\{(\w+)\}/g, (token, name: string) => tokens[name]?.() ?? token);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
