import type { App } from '@slack/bolt';
import { GATE_MODAL } from '#src/messages/actions.ts';
import type { ListenerDeps } from '../deps.ts';
import { errorReply } from '../error-reply.ts';
import { type GateMetadata, gateAnswerSchema, gateMetadataSchema, read, reasonOf } from '../payloads.ts';

export function register(app: App, deps: ListenerDeps): void {
  app.view(GATE_MODAL.callbackId, async ({ ack, body, client }) => {
    const answer = read(gateAnswerSchema, body);
    const reason = reasonOf(answer);
    const problem = problemWith(reason);
    if (problem !== null) {
      await ack({ response_action: 'errors', errors: { [GATE_MODAL.blockId]: problem } });
      return;
    }
    await ack();
    const gate = read(gateMetadataSchema, JSON.parse(answer.view.private_metadata));
    const by = answer.user.id;
    const reply = await passGate(deps, { gate, reason, by }).catch((error: unknown) =>
      errorReply(error, { log: deps.log, about: { view: GATE_MODAL.callbackId, runId: gate.runId, by } }),
    );
    // A modal has no response_url; the person is told where the button was.
    if (reply !== null)
      await client.chat.postEphemeral({ channel: gate.channel, thread_ts: gate.threadTs, user: by, text: reply });
  });
}

function problemWith(reason: string): string | null {
  if (reason === '') return 'Please say why, so that others can understand it later.';
  if (reason.length > GATE_MODAL.maxReason)
    return `Please say it in at most ${GATE_MODAL.maxReason} characters; these are ${reason.length}.`;
  return null;
}

async function passGate(
  { operations }: ListenerDeps,
  { gate, reason, by }: { gate: GateMetadata; reason: string; by: string },
): Promise<string | null> {
  const result = await operations.passGate({ runId: gate.runId, stepId: gate.stepId, reason, by });
  return result.kind === 'done' ? null : result.why;
}
