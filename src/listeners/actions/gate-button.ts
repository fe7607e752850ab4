import type { App } from '@slack/bolt';
import { InternalError } from '#src/domain/errors.ts';
import { ACTIONS, parsePair } from '#src/messages/actions.ts';
import { gateModal } from '#src/messages/gate-modal.ts';
import { staleModalReply } from '#src/messages/replies.ts';
import type { ListenerDeps } from '../deps.ts';
import { clickSchema, type GateMetadata, read } from '../payloads.ts';

/** Opens the question for the reason at once: its trigger lives for three seconds. */
export function register(app: App, deps: ListenerDeps): void {
  for (const button of ['passGate', 'forceDrain'] as const) askWhy(app, deps, button);
}

function askWhy(app: App, { log }: ListenerDeps, button: 'passGate' | 'forceDrain'): void {
  app.action(ACTIONS[button], async ({ ack, body, client, respond }) => {
    await ack();
    const { actions, trigger_id: trigger, channel, message } = read(clickSchema, body);
    const metadata: GateMetadata = {
      ...gateOf(actions[0]?.value ?? ''),
      channel: channel.id,
      threadTs: message.thread_ts ?? message.ts,
    };
    try {
      await client.views.open({ trigger_id: trigger, view: gateModal(button, JSON.stringify(metadata)) as never });
    } catch (error) {
      log.warn({ err: error, runId: metadata.runId }, 'the modal could not be opened');
      await respond({
        response_type: 'ephemeral',
        replace_original: false,
        thread_ts: metadata.threadTs,
        text: staleModalReply,
      });
    }
  });
}

/** The run and the step that a gate's button names. */
export function gateOf(value: string): { runId: string; stepId: string } {
  const pair = parsePair(value);
  if (pair === undefined)
    throw new InternalError('UnreadableButton', `the button value "${value}" names no run and step`);
  return { runId: pair.runId, stepId: pair.rest };
}
