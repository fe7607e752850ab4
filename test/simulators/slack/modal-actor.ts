import { z } from 'zod';
import { type ActorParts, type ActResult, personOf } from './actor.ts';
import type { JsonObject, StoredView } from './messages.ts';
import { replaceView, showView } from './methods/views.ts';
import { SlackError } from './slack-error.ts';
import { wireView } from './wire.ts';

/** Values by action id or block id of the input. */
export type Submission = { user: string; values: Record<string, string> };

export type SubmitResult =
  /** Slack's own checks of the inputs: nothing was delivered. */
  | { kind: 'incomplete'; errors: Record<string, string> }
  /** The app answered `response_action: errors`. */
  | { kind: 'errors'; errors: Record<string, string>; delivery: ActResult }
  | { kind: 'closed' | 'shows-another-view'; delivery: ActResult }
  | { kind: 'not-acked'; delivery: ActResult };

const ackSchema = z.discriminatedUnion('response_action', [
  z.object({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string()) }),
  z.object({ response_action: z.literal('update'), view: z.unknown() }),
  z.object({ response_action: z.literal('push'), view: z.unknown() }),
  z.object({ response_action: z.literal('clear') }),
]);

/** A person presses the submit button of the modal on top. Throws when none is open. */
export async function submitView(parts: ActorParts, { user, values }: Submission): Promise<SubmitResult> {
  const { workspace, deliveries } = parts;
  const open = topView(parts, user);
  const errors = inputErrors(open, values);
  if (Object.keys(errors).length > 0) {
    setErrors(parts, open, errors);
    return { kind: 'incomplete', errors };
  }
  const state = Object.fromEntries(
    inputs(open).map((input) => [input.blockId, { [input.actionId]: stateOf(input, values) }]),
  );
  const payload = {
    ...interaction(parts, user, 'view_submission'),
    view: wireView(workspace, open, state),
    response_urls: [],
  };
  workspace.log.add('submitted', { user, view: open.id, callbackId: open.view.callback_id, state });
  const delivery = await deliveries.deliver({ type: 'interactive', name: 'view_submission', payload });
  if (delivery.kind !== 'acked') {
    setErrors(parts, open, { '': 'We had some trouble connecting. Try again?' });
    return { kind: 'not-acked', delivery };
  }
  return answerSubmission(parts, open, delivery);
}

/** A person closes the modal on top. */
export async function closeView(parts: ActorParts, user: string): Promise<void> {
  const { workspace, deliveries } = parts;
  const open = topView(parts, user);
  workspace.changeViews(user, (views) => views.filter(({ id }) => id !== open.id));
  if (open.view.notify_on_close !== true) return;
  const payload = { ...interaction(parts, user, 'view_closed'), view: wireView(workspace, open), is_cleared: false };
  await deliveries.deliver({ type: 'interactive', name: 'view_closed', payload });
}

function answerSubmission(parts: ActorParts, open: StoredView, delivery: ActResult & { kind: 'acked' }): SubmitResult {
  const { workspace } = parts;
  const parsed = ackSchema.safeParse(delivery.payload);
  if (!parsed.success) {
    workspace.changeViews(open.user, (views) => views.filter(({ id }) => id !== open.id));
    return { kind: 'closed', delivery };
  }
  const answer = parsed.data;
  switch (answer.response_action) {
    case 'errors':
      setErrors(parts, open, answer.errors);
      return { kind: 'errors', errors: answer.errors, delivery };
    case 'clear':
      workspace.changeViews(open.user, () => []);
      return { kind: 'closed', delivery };
    case 'update':
    case 'push':
      return showAnswer(parts, open, { delivery, view: answer.view, how: answer.response_action });
    default:
      return answer satisfies never;
  }
}

function showAnswer(
  parts: ActorParts,
  open: StoredView,
  { delivery, view, how }: { delivery: ActResult; view: unknown; how: 'update' | 'push' },
): SubmitResult {
  const { workspace } = parts;
  try {
    if (how === 'update') replaceView({ workspace, open, view });
    else showView({ workspace, user: open.user, view, how });
    return { kind: 'shows-another-view', delivery };
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    workspace.log.add('refused-ack-payload', { error: error.code, ...error.extra });
    setErrors(parts, open, { '': 'We had some trouble connecting. Try again?' });
    return { kind: 'not-acked', delivery };
  }
}

type Input = { blockId: string; actionId: string; optional: boolean; element: JsonObject };

function inputs({ view }: StoredView): Input[] {
  return view.blocks.flatMap((block) => {
    const { element } = block;
    if (block.type !== 'input' || typeof element !== 'object' || element === null) return [];
    const fields: JsonObject = { ...element };
    return [
      {
        blockId: String(block.block_id),
        actionId: String(fields.action_id),
        optional: block.optional === true,
        element: fields,
      },
    ];
  });
}

function typedIn({ blockId, actionId }: Input, values: Record<string, string>): string {
  return values[actionId] ?? values[blockId] ?? '';
}

/** The texts that Slack's own client shows. */
function inputErrors(open: StoredView, values: Record<string, string>): Record<string, string> {
  const pairs = inputs(open).flatMap((input): [string, string][] => {
    const value = typedIn(input, values);
    const { min_length: min, max_length: max } = input.element;
    if (value === '') return input.optional ? [] : [[input.blockId, 'Please complete this required field.']];
    if (typeof min === 'number' && value.length < min) return [[input.blockId, `Must be at least ${min} characters`]];
    if (typeof max === 'number' && value.length > max)
      return [[input.blockId, `Must be less than ${max + 1} characters`]];
    return [];
  });
  return Object.fromEntries(pairs);
}

function stateOf(input: Input, values: Record<string, string>): JsonObject {
  const value = typedIn(input, values);
  if (input.element.type === 'plain_text_input')
    return { type: 'plain_text_input', value: value === '' ? null : value };
  const options = Array.isArray(input.element.options) ? input.element.options : [];
  return {
    type: input.element.type,
    selected_option: options.find((option: JsonObject) => option.value === value) ?? null,
  };
}

function interaction(
  { workspace, triggers }: ActorParts,
  user: string,
  type: 'view_submission' | 'view_closed',
): JsonObject {
  const { bot, settings } = workspace;
  const person = personOf(workspace, user);
  return {
    type,
    team: { id: settings.teamId, domain: settings.teamDomain },
    user: { id: user, username: person.name, name: person.name, team_id: settings.teamId },
    api_app_id: bot.appId,
    token: 'verification-token',
    ...(type === 'view_submission' ? { trigger_id: triggers.create(user) } : {}),
    is_enterprise_install: false,
    enterprise: null,
  };
}

function topView({ workspace }: ActorParts, user: string): StoredView {
  const open = workspace.views(user).at(-1);
  if (open === undefined) throw new Error(`${user} has no modal open`);
  return open;
}

function setErrors({ workspace }: ActorParts, open: StoredView, errors: Record<string, string>): void {
  workspace.changeViews(open.user, (views) => views.map((one) => (one.id === open.id ? { ...one, errors } : one)));
}
