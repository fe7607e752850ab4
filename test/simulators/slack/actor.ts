import { elementsOf } from './block-schema.ts';
import type { Deliveries, DeliveryOutcome } from './delivery.ts';
import type { Ephemeral, JsonObject, StoredMessage } from './messages.ts';
import type { SlackChannel, SlackUser } from './options.ts';
import type { Origin, ResponseUrls } from './response-urls.ts';
import { SlackError } from './slack-error.ts';
import type { Triggers } from './triggers.ts';
import { wireMessage } from './wire.ts';
import type { Workspace } from './workspace.ts';

export type ActorParts = { workspace: Workspace; deliveries: Deliveries; triggers: Triggers; responses: ResponseUrls };

export type ActResult = DeliveryOutcome & { deliveryId: string };

/** `text` with its command, e.g. `/eks-upgrade coast 1.24`. */
export type Typing = { user: string; channel: string; text: string; threadTs?: string | undefined };

export type Click = {
  user: string;
  messageTs: string;
  actionId: string;
  /** Needed when the action id is there more than once. */
  blockId?: string | undefined;
  value?: string | undefined;
};

/** A person types a slash command. Throws when Slack has no such command; Slack itself tells the person. */
export async function typeCommand(parts: ActorParts, { user, channel, text, threadTs }: Typing): Promise<ActResult> {
  const { workspace, deliveries, triggers, responses } = parts;
  const person = personOf(workspace, user);
  const place = placeOf(workspace, channel);
  const [command = '', ...words] = text.trim().split(/\s+/);
  if (!workspace.settings.commands.some((one) => one.command === command)) {
    slackbot(parts, {
      user,
      channel,
      text: `\`${command}\` is not a valid command. In Slack, all messages that start with the “/” character are interpreted as commands.`,
    });
    throw new Error(`${command} is not a command of this workspace`);
  }
  if (threadTs !== undefined) {
    slackbot(parts, { user, channel, threadTs, text: `\`${command}\` is not supported in threads. Sorry!` });
    throw new Error(`${command} was typed in a thread: Slack takes no commands there`);
  }
  const origin: Origin = { user, channel, original: { kind: 'none' } };
  const { bot, settings } = workspace;
  const payload: JsonObject = {
    token: 'verification-token',
    team_id: settings.teamId,
    team_domain: settings.teamDomain,
    channel_id: place.id,
    channel_name: place.name,
    user_id: user,
    user_name: person.name,
    command,
    text: text.trim().slice(command.length).trim(),
    api_app_id: bot.appId,
    is_enterprise_install: 'false',
    response_url: responses.create(origin),
    trigger_id: triggers.create(user),
  };
  workspace.log.add('typed', { user, channel, command, words });
  const result = await deliveries.deliver({ type: 'slash_commands', name: command, payload });
  if (result.kind === 'acked') answerCommand(parts, origin, result.payload);
  else slackbot(parts, { user, channel, text: `${command} failed with the error “${complaint(result)}”` });
  return result;
}

/** A person clicks a button that is really there. Throws when it is not. */
export async function clickButton(parts: ActorParts, click: Click): Promise<ActResult> {
  const { workspace, deliveries, responses, triggers } = parts;
  const person = personOf(workspace, click.user);
  const shown = findShown(workspace, click);
  const { blockId, element } = findButton(shown.message, click);
  const { bot, settings } = workspace;
  const { channel, ts, threadTs } = shown.message;
  const original = { kind: shown.kind, ts };
  const place = placeOf(workspace, channel);
  const payload: JsonObject = {
    type: 'block_actions',
    user: { id: person.id, username: person.name, name: person.name, team_id: settings.teamId },
    api_app_id: bot.appId,
    token: 'verification-token',
    container: {
      type: 'message',
      message_ts: ts,
      channel_id: channel,
      is_ephemeral: shown.kind === 'ephemeral',
      ...(threadTs === null ? {} : { thread_ts: threadTs }),
    },
    trigger_id: triggers.create(click.user),
    team: { id: settings.teamId, domain: settings.teamDomain },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: place.id, name: place.name },
    ...(shown.kind === 'message' ? { message: wireMessage(workspace, shown.message) } : {}),
    state: { values: {} },
    response_url: responses.create({ user: click.user, channel, original }),
    actions: [{ ...element, block_id: blockId, action_ts: workspace.nextTs() }],
  };
  workspace.log.add('clicked', {
    user: click.user,
    channel,
    messageTs: ts,
    actionId: click.actionId,
    value: element.value,
  });
  const result = await deliveries.deliver({ type: 'interactive', name: 'block_actions', payload });
  if (result.kind !== 'acked')
    slackbot(parts, { user: click.user, channel, text: 'Something went wrong with that button. Try again.' });
  return result;
}

export function personOf(workspace: Workspace, id: string): SlackUser {
  const person = workspace.user(id);
  if (person === undefined) throw new Error(`no user ${id} in this workspace`);
  return person;
}

function placeOf(workspace: Workspace, id: string): SlackChannel {
  const place = workspace.channel(id);
  if (place === undefined) throw new Error(`no channel ${id} in this workspace`);
  return place;
}

/** The ack of a command may carry its answer; an empty one says nothing. */
function answerCommand({ workspace, responses }: ActorParts, origin: Origin, payload: unknown): void {
  if (typeof payload !== 'object' || payload === null || Object.keys(payload).length === 0) return;
  try {
    responses.respond(origin, payload);
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    workspace.log.add('refused-ack-payload', { error: error.code, ...error.extra });
  }
}

function slackbot(
  { workspace }: ActorParts,
  { user, channel, text, threadTs = null }: Omit<Typing, 'threadTs'> & { threadTs?: string | null },
): void {
  workspace.postEphemeral({ user, channel, text, threadTs, author: 'slackbot', blocks: [] });
}

/** Slack's words to the person: https://docs.slack.dev/interactivity/implementing-slash-commands#best-practices */
function complaint(outcome: Exclude<DeliveryOutcome, { kind: 'acked' }>): string {
  return outcome.kind === 'timed-out' ? 'operation_timeout' : 'dispatch_failed';
}

type Shown = { kind: 'message'; message: StoredMessage } | { kind: 'ephemeral'; message: Ephemeral };

function findShown(workspace: Workspace, { user, messageTs }: Click): Shown {
  const message = workspace
    .channels()
    .map(({ id }) => workspace.message(id, messageTs))
    .find((one) => one !== undefined);
  if (message !== undefined) return { kind: 'message', message };
  const ephemeral = workspace.ephemerals(user).find(({ ts }) => ts === messageTs);
  if (ephemeral === undefined) throw new Error(`${user} sees no message ${messageTs}`);
  return { kind: 'ephemeral', message: ephemeral };
}

function findButton(
  message: StoredMessage | Ephemeral,
  { actionId, blockId, value }: Click,
): { blockId: unknown; element: JsonObject } {
  const all = message.blocks.flatMap((block) =>
    elementsOf(block).map((element) => ({ blockId: block.block_id, element })),
  );
  const found = all.filter(
    (one) =>
      one.element.type === 'button' &&
      one.element.action_id === actionId &&
      (blockId === undefined || one.blockId === blockId) &&
      (value === undefined || one.element.value === value),
  );
  const [button] = found;
  const there = all.map(({ element }) => String(element.action_id)).join(', ') || 'none';
  if (button === undefined) throw new Error(`no button ${actionId} in message ${message.ts}; there: ${there}`);
  if (found.length > 1)
    throw new Error(`button ${actionId} is in message ${message.ts} ${found.length} times; say its block id or value`);
  return button;
}
