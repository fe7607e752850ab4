import type { Message } from '#src/messages/message.ts';

/**
 * What Slack would refuse about a message; empty when nothing. Sizes: docs.slack.dev/reference/block-kit, and for the
 * sum over all blocks github.com/slackapi/bolt-js/issues/2867 (accepted at 9,597 characters, refused at 11,341).
 */
export function brokenLimits(message: Message): string[] {
  const { text, blocks, key } = message;
  const total = JSON.stringify(textsIn(blocks)).length;
  const rules: [boolean, string][] = [
    [text.trim() === '', 'text is empty'],
    [text.length > 4000, `text has ${text.length} characters`],
    [blocks.length === 0 || blocks.length > 50, `there are ${blocks.length} blocks`],
    [total > 10_000, `all blocks together have ${total} characters`],
    [!/^[a-z-]+(:[\w.:-]+)?$/.test(key) || key.length > 200, `the key "${key}" is no key`],
    [message.broadcast && message.parent === null, 'only a reply can be broadcast'],
  ];
  return [
    ...rules.filter(([isBroken]) => isBroken).map(([, rule]) => rule),
    ...blocks.flatMap((block) => brokenObject(block)),
  ].map((rule) => `${key}: ${rule}`);
}

type Json = Record<string, unknown>;

const MAX_TEXT: Record<string, number> = {
  section: 3000,
  header: 150,
  button: 75,
  context: 3000,
  title: 100,
  text: 300,
  confirm: 30,
  deny: 30,
};

function brokenObject(block: Json): string[] {
  switch (block.type) {
    case 'section':
    case 'header':
      return tooLong(block.type, block.text);
    case 'context':
      return (block.elements as Json[]).flatMap((element) => tooLong('context', element));
    case 'actions':
      return (block.elements as Json[]).flatMap(brokenButton);
    default:
      return [`block type ${String(block.type)} is not used here`];
  }
}

function brokenButton(button: Json): string[] {
  const confirm = (button.confirm ?? {}) as Json;
  return [
    ...tooLong('button', button.text),
    ...(/^[a-z_]+$/.test(String(button.action_id)) ? [] : [`action id ${String(button.action_id)}`]),
    ...(/^[\w.-]{1,2000}$/.test(String(button.value))
      ? []
      : [`button value ${String(button.value)} is not an opaque id`]),
    ...Object.entries(confirm)
      .filter(([name]) => name !== 'style')
      .flatMap(([name, value]) => tooLong(name, value)),
  ];
}

function tooLong(where: string, object: unknown): string[] {
  const text = (object as Json).text;
  const max = MAX_TEXT[where] ?? 0;
  if (typeof text !== 'string' || text.trim() === '') return [`${where} has no text`];
  return text.length > max ? [`${where} has ${text.length} of ${max} characters`] : [];
}

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'text' && typeof inner === 'string' ? [inner] : textsIn(inner),
  );
}

/** Everything that is read of a message's blocks, buttons and dialogs included, line by line. */
export function readable(message: Message): string {
  return textsIn(message.blocks).join('\n');
}
