import type { ActionId } from './actions.ts';
import { fitting } from './mrkdwn.ts';

/** Block Kit, as JSON. */
export type Block = { type: string; [field: string]: unknown };

/**
 * Slack's sizes. `messageText` is not documented: `msg_blocks_too_long` was measured between 9,600 and 11,300 characters
 * over all blocks (github.com/slackapi/bolt-js/issues/2867), far below 50 sections of 3,000.
 */
export const LIMITS = {
  section: 3000,
  header: 150,
  text: 4000,
  blocks: 50,
  messageText: 9000,
  confirmText: 300,
} as const;

/** `verbatim`: names and addresses in the text are not turned into links or mentions. */
export function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

export function context(text: string): Block {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] };
}

export function header(text: string): Block {
  return { type: 'header', text: { type: 'plain_text', text: text.slice(0, LIMITS.header), emoji: false } };
}

/**
 * Lines in sections, a new one for each heading (a line that begins bold), because Slack leaves room between sections.
 * A line is never split over two, and what does not fit `maxChars` is counted.
 */
export function sections(lines: readonly string[], maxChars: number = LIMITS.messageText): Block[] {
  const texts: string[] = [];
  for (const line of fitLines(lines, maxChars)) {
    const last = texts.at(-1);
    if (last !== undefined && !line.startsWith('*') && last.length + 1 + line.length <= LIMITS.section)
      texts[texts.length - 1] = `${last}\n${line}`;
    else texts.push(line);
  }
  return texts.map(section);
}

const ROOM_FOR_COUNT = 40;

/** The first lines that fit, and "and N more lines" for the others. */
export function fitLines(lines: readonly string[], maxChars: number): string[] {
  const total = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (total <= maxChars) return [...lines];
  const kept = lines.slice(
    0,
    fitting(
      lines.map((line) => line.length + 1),
      maxChars - ROOM_FOR_COUNT,
    ),
  );
  const left = lines.length - kept.length;
  return [...kept, `… and ${left} more ${left === 1 ? 'line' : 'lines'}`];
}

export type Confirm = { title: string; text: string; confirm: string; deny: string };

export type Button = {
  label: string;
  actionId: ActionId;
  value: string;
  style?: 'primary' | 'danger';
  confirm?: Confirm;
};

export function actions(buttons: readonly Button[]): Block {
  return { type: 'actions', elements: buttons.map(buttonElement) };
}

function buttonElement({ label, actionId, value, style, confirm }: Button): Block {
  return {
    type: 'button',
    action_id: actionId,
    text: { type: 'plain_text', text: label, emoji: false },
    value,
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined ? {} : { confirm: confirmDialog(confirm, style) }),
  };
}

function confirmDialog({ title, text, confirm, deny }: Confirm, style: Button['style']): Record<string, unknown> {
  const plain = (value: string) => ({ type: 'plain_text', text: value, emoji: false });
  return {
    title: plain(title),
    text: plain(text.slice(0, LIMITS.confirmText)),
    confirm: plain(confirm),
    deny: plain(deny),
    ...(style === undefined ? {} : { style }),
  };
}
