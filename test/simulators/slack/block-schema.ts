import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Block } from '#src/ports/slack.ts';
import type { JsonObject } from './messages.ts';

/*
 * The part of Block Kit that the simulator knows. Objects are strict, unknown types are refused. Limits are those of
 * https://docs.slack.dev/reference/block-kit (repeated in the comments of @slack/types), wording as in
 * https://github.com/adobe/spacecat-api-service/issues/176.
 */

const plain = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean().optional() });
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max), verbatim: z.boolean().optional() });
const anyText = (max: number) => z.discriminatedUnion('type', [plain(max), mrkdwn(max)]);

const blockId = { block_id: z.string().min(1).max(255).optional() };
const actionId = { action_id: z.string().min(1).max(255).optional() };

const confirm = z.strictObject({
  title: plain(100),
  text: anyText(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
});

const button = z.strictObject({
  type: z.literal('button'),
  ...actionId,
  text: plain(75),
  url: z.string().max(3000).optional(),
  value: z.string().max(2000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
});

const option = z.strictObject({
  text: plain(75),
  value: z.string().min(1).max(150),
  description: plain(75).optional(),
});

const staticSelect = z.strictObject({
  type: z.literal('static_select'),
  ...actionId,
  placeholder: plain(150).optional(),
  options: z.array(option).min(1).max(100),
  initial_option: option.optional(),
  confirm: confirm.optional(),
  focus_on_load: z.boolean().optional(),
});

const plainTextInput = z.strictObject({
  type: z.literal('plain_text_input'),
  ...actionId,
  initial_value: z.string().optional(),
  multiline: z.boolean().optional(),
  min_length: z.number().int().min(0).max(3000).optional(),
  max_length: z.number().int().min(1).max(3000).optional(),
  placeholder: plain(150).optional(),
  focus_on_load: z.boolean().optional(),
  dispatch_action_config: z.strictObject({ trigger_actions_on: z.array(z.string()) }).optional(),
});

const image = z.strictObject({
  type: z.literal('image'),
  image_url: z.url().max(3000),
  alt_text: z.string().max(2000),
});

const block = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('section'),
      ...blockId,
      text: anyText(3000).optional(),
      fields: z.array(anyText(2000)).min(1).max(10).optional(),
      accessory: z.discriminatedUnion('type', [button, image]).optional(),
      expand: z.boolean().optional(),
    })
    .refine(
      (section) => section.text !== undefined || section.fields !== undefined,
      'missing required field: text or fields',
    ),
  z.strictObject({ type: z.literal('header'), ...blockId, text: plain(150) }),
  z.strictObject({
    type: z.literal('context'),
    ...blockId,
    elements: z
      .array(z.discriminatedUnion('type', [plain(3000), mrkdwn(3000), image]))
      .min(1)
      .max(10),
  }),
  z.strictObject({ type: z.literal('divider'), ...blockId }),
  image.extend({ ...blockId, title: plain(2000).optional() }),
  z.strictObject({
    type: z.literal('actions'),
    ...blockId,
    // Selects are known in modals only: in a message nobody could choose from them here.
    elements: z
      .array(z.discriminatedUnion('type', [button]))
      .min(1)
      .max(25),
  }),
  z.strictObject({
    type: z.literal('input'),
    ...blockId,
    label: plain(2000),
    element: z.discriminatedUnion('type', [plainTextInput, staticSelect]),
    hint: plain(2000).optional(),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
  }),
]);

const modal = z.strictObject({
  type: z.literal('modal'),
  title: plain(24),
  submit: plain(24).optional(),
  close: plain(24).optional(),
  blocks: z.array(block).max(100),
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
});

export type Checked<T> = { kind: 'ok'; value: T } | { kind: 'wrong'; messages: string[] };

/** Checks the blocks of a message and gives those ids that the app left out. */
export function checkBlocks(input: unknown): Checked<Block[]> {
  const parsed = z.array(block).max(50).safeParse(input);
  if (!parsed.success)
    return { kind: 'wrong', messages: parsed.error.issues.flatMap((issue) => wording(issue, ['blocks'])) };
  const messages = duplicates(parsed.data, 'blocks');
  return messages.length > 0 ? { kind: 'wrong', messages } : { kind: 'ok', value: withIds(parsed.data) };
}

/** Checks a modal and gives its blocks ids. */
export function checkView(input: unknown): Checked<JsonObject & { blocks: Block[] }> {
  const parsed = modal.safeParse(input);
  if (!parsed.success)
    return { kind: 'wrong', messages: parsed.error.issues.flatMap((issue) => wording(issue, ['view'])) };
  const messages = duplicates(parsed.data.blocks, 'view/blocks');
  if (parsed.data.submit === undefined && parsed.data.blocks.some(({ type }) => type === 'input')) {
    messages.push('missing required field: submit, as the view has input blocks [json-pointer:/view]');
  }
  if (messages.length > 0) return { kind: 'wrong', messages };
  return { kind: 'ok', value: { ...parsed.data, blocks: withIds(parsed.data.blocks) } };
}

/** All characters of all text objects: Slack limits their sum too (`msg_blocks_too_long`). */
export function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (key === 'text' && typeof item === 'string' ? item.length : textLength(item)),
    0,
  );
}

/** The interactive elements of a block. */
export function elementsOf(from: Block): JsonObject[] {
  const list = Array.isArray(from.elements) ? from.elements : [from.accessory, from.element];
  return list.filter((item): item is JsonObject => typeof item === 'object' && item !== null && 'action_id' in item);
}

function withIds(blocks: z.output<typeof block>[]): Block[] {
  return blocks.map((one) => {
    const named = { ...one, block_id: one.block_id ?? randomId() };
    if (named.type === 'actions') return { ...named, elements: named.elements.map(withActionId) };
    if (named.type === 'input') return { ...named, element: withActionId(named.element) };
    if (named.type === 'section' && named.accessory !== undefined && named.accessory.type !== 'image') {
      return { ...named, accessory: withActionId(named.accessory) };
    }
    return named;
  });
}

function withActionId<T extends { action_id?: string | undefined }>(element: T): T {
  return { ...element, action_id: element.action_id ?? randomId() };
}

/** Slack's generated ids look like `mXwz`. */
function randomId(): string {
  return randomBytes(4).toString('base64url');
}

function duplicates(blocks: z.output<typeof block>[], at: string): string[] {
  const seen = new Set<string>();
  return blocks.flatMap((one, index) => {
    const messages: string[] = [];
    if (one.block_id !== undefined && seen.has(one.block_id)) {
      messages.push(`\`block_id\` already exists: "${one.block_id}" [json-pointer:/${at}/${index}/block_id]`);
    }
    if (one.block_id !== undefined) seen.add(one.block_id);
    const ids = one.type === 'actions' ? one.elements.flatMap(({ action_id: id }) => id ?? []) : [];
    const twice = ids.find((id, position) => ids.indexOf(id) !== position);
    if (twice !== undefined)
      messages.push(`\`action_id\` already exists: "${twice}" [json-pointer:/${at}/${index}/elements]`);
    return messages;
  });
}

function wording(issue: z.core.$ZodIssue, prefix: string[]): string[] {
  const pointer = (...more: PropertyKey[]) =>
    `[json-pointer:/${[...prefix, ...issue.path, ...more].map(String).join('/')}]`;
  if (issue.code === 'too_big') {
    return [
      issue.origin === 'array'
        ? `no more than ${issue.maximum} items allowed ${pointer()}`
        : `must be less than ${Number(issue.maximum) + 1} characters ${pointer()}`,
    ];
  }
  if (issue.code === 'too_small') {
    return [
      issue.origin === 'array'
        ? `no less than ${issue.minimum} items allowed ${pointer()}`
        : `must be more than ${Number(issue.minimum) - 1} characters ${pointer()}`,
    ];
  }
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `invalid additional property: ${key} ${pointer()}`);
  if (issue.code === 'invalid_union') return [`unsupported type ${pointer()}`];
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return [`missing required field: ${String(issue.path.at(-1))} ${pointer()}`];
  }
  return [`${issue.message} ${pointer()}`];
}
