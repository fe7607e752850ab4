import type { Block } from '#src/ports/slack.ts';
import type { JsonObject } from './messages.ts';
import { prepare, restore } from './mrkdwn.ts';
import type { Workspace } from './workspace.ts';

/*
 * Static blocks are drawn by slack-blocks-to-jsx. It drops button values, confirm dialogs and options, so everything a
 * person can use is drawn here, from the stored JSON.
 */
export type BlockRenderer = {
  /** HTML of a message: its blocks, or its text where it has none. */
  content: (message: { text: string; blocks: Block[] }) => string;
  /** HTML of a modal's blocks. */
  modal: (blocks: Block[]) => string;
};

/** Loaded when the first page is asked for: React and the library take longer to load than the rest of the simulator. */
export async function loadBlockRenderer(workspace: Workspace): Promise<BlockRenderer> {
  const [{ createElement }, { renderToStaticMarkup }, { Message }] = await Promise.all([
    import('react'),
    import('react-dom/server'),
    import('slack-blocks-to-jsx'),
  ]);
  const { settings, bot } = workspace;
  const data = {
    users: [
      ...settings.users.map(({ id, realName }) => ({ id, name: realName })),
      { id: bot.userId, name: settings.botName },
    ],
    channels: settings.channels.map(({ id, name }) => ({ id, name })),
    user_groups: settings.userGroups.map(({ id, handle }) => ({ id, name: handle })),
  };
  const drawStatic = (block: Block): string => {
    const blocks = [prepare(block, workspace.clock.now())] as unknown as Parameters<typeof Message>[0]['blocks'];
    const element = createElement(Message, { blocks, logo: '', name: '', withoutWrapper: true, theme: 'light', data });
    // The library's style sheet hangs on this id, which may be on the page only once: it is on the page's body.
    return restore(renderToStaticMarkup(element)).replace(' id="slack_blocks_to_jsx"', '');
  };
  const drawText = (text: unknown): string => {
    const given: JsonObject = typeof text === 'object' && text !== null ? { ...text } : {};
    return drawStatic({ type: 'section', text: { type: given.type, text: given.text } });
  };
  const draw = (block: Block): string => drawBlock(block, { drawStatic, drawText });
  return {
    content: ({ text, blocks }) =>
      blocks.length > 0 ? blocks.map(draw).join('') : text === '' ? '' : drawText({ type: 'mrkdwn', text }),
    modal: (blocks) => blocks.map(draw).join(''),
  };
}

type Drawing = { drawStatic: (block: Block) => string; drawText: (text: unknown) => string };

function drawBlock(block: Block, { drawStatic, drawText }: Drawing): string {
  switch (block.type) {
    case 'actions': {
      const buttons = objects(block.elements).map((element) => drawButton(element, block, drawText));
      return `<div class="bk-actions" role="group">${buttons.join('')}</div>`;
    }
    case 'section': {
      const { accessory, ...rest } = block;
      const button = objects([accessory]).find(({ type }) => type === 'button');
      if (button === undefined) return drawStatic(block);
      return `<div class="bk-section"><div>${drawStatic(rest)}</div>${drawButton(button, block, drawText)}</div>`;
    }
    case 'input':
      return drawInput(block);
    default:
      return drawStatic(block);
  }
}

function drawButton(element: JsonObject, block: Block, drawText: Drawing['drawText']): string {
  const [confirm] = objects([element.confirm]);
  const attributes = {
    type: 'button',
    class: `bk-button ${typeof element.style === 'string' ? element.style : ''}`.trim(),
    'data-action-id': element.action_id,
    'data-block-id': block.block_id,
    'data-value': element.value,
    'aria-label': element.accessibility_label,
    'data-confirm':
      confirm &&
      JSON.stringify({
        title: plainText(confirm.title),
        html: drawText(confirm.text),
        confirm: plainText(confirm.confirm),
        deny: plainText(confirm.deny),
        style: confirm.style ?? 'primary',
      }),
  };
  return `<button ${attributeText(attributes)}>${escapeHtml(plainText(element.text))}</button>`;
}

function drawInput(block: Block): string {
  const [element] = objects([block.element]);
  if (element === undefined) return '';
  const id = `input-${String(block.block_id)}`;
  const common = {
    id,
    name: element.action_id,
    'data-block-id': block.block_id,
    'aria-describedby': `${id}-note`,
    required: block.optional === true ? undefined : '',
  };
  const optional = block.optional === true ? ' <span class="bk-optional">(optional)</span>' : '';
  const hint = plainText(block.hint);
  return `<div class="bk-input">
    <label for="${escapeHtml(id)}">${escapeHtml(plainText(block.label))}${optional}</label>
    ${drawField(element, common)}
    <div id="${escapeHtml(id)}-note"><p class="bk-error" data-error-of="${escapeHtml(String(block.block_id))}" role="alert"></p>${hint === '' ? '' : `<p class="bk-hint">${escapeHtml(hint)}</p>`}</div>
  </div>`;
}

function drawField(element: JsonObject, common: Record<string, unknown>): string {
  const initial = typeof element.initial_value === 'string' ? element.initial_value : '';
  if (element.type === 'static_select') {
    const chosen = objects([element.initial_option])[0]?.value;
    const options = objects(element.options).map(
      (option) =>
        `<option ${attributeText({ value: option.value, selected: option.value === chosen ? '' : undefined })}>${escapeHtml(plainText(option.text))}</option>`,
    );
    return `<select ${attributeText(common)}><option value="">${escapeHtml(plainText(element.placeholder) || 'Select an option')}</option>${options.join('')}</select>`;
  }
  const attributes = {
    ...common,
    placeholder: plainText(element.placeholder) || undefined,
    maxlength: element.max_length,
    autofocus: element.focus_on_load === true ? '' : undefined,
  };
  return element.multiline === true
    ? `<textarea rows="4" ${attributeText(attributes)}>${escapeHtml(initial)}</textarea>`
    : `<input type="text" ${attributeText({ ...attributes, value: initial })}>`;
}

export function plainText(text: unknown): string {
  const [object] = objects([text]);
  return typeof object?.text === 'string' ? object.text : '';
}

function objects(value: unknown): JsonObject[] {
  const list: unknown[] = Array.isArray(value) ? value : [];
  return list.flatMap((item) => (typeof item === 'object' && item !== null ? [{ ...item }] : []));
}

function attributeText(attributes: Record<string, unknown>): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${escapeHtml(String(value))}"`)
    .join(' ');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
