import type { App } from '@slack/bolt';
import { InternalError } from '#src/domain/errors.ts';
import { ACTIONS, type ActionId, parsePair } from '#src/messages/actions.ts';
import type { OperationResult } from '#src/operations/operations.ts';
import type { ListenerDeps } from '../deps.ts';
import { errorReply } from '../error-reply.ts';
import { clickSchema, read } from '../payloads.ts';
import { gateOf } from './gate-button.ts';

type Click = { value: string; by: string };

export function register(app: App, deps: ListenerDeps): void {
  const { operations } = deps;
  button(app, deps, { id: ACTIONS.approve, run: ({ value, by }) => operations.approveRun({ ...decision(value), by }) });
  button(app, deps, { id: ACTIONS.reject, run: ({ value, by }) => operations.rejectRun({ ...decision(value), by }) });
  button(app, deps, { id: ACTIONS.stop, run: ({ value, by }) => operations.requestStop({ runId: value, by }) });
  button(app, deps, { id: ACTIONS.retry, run: ({ value, by }) => operations.retryStep({ ...stopOf(value), by }) });
  button(app, deps, {
    id: ACTIONS.waitAtGate,
    run: ({ value, by }) => operations.waitAtGate({ ...gateOf(value), by }),
  });
  button(app, deps, {
    id: ACTIONS.stopAtGate,
    run: ({ value, by }) => operations.stopAtGate({ ...gateOf(value), by }),
  });
  button(app, deps, {
    id: ACTIONS.overwriteAddon,
    run: ({ value, by }) => operations.overwriteAddon({ stop: 0, ...stopOf(value), by }),
  });
  button(app, deps, { id: ACTIONS.abort, run: ({ value, by }) => operations.abortRun({ runId: value, by }) });
}

type RunButton = { id: ActionId; run: (click: Click) => Promise<OperationResult> };

/** What was decided shows on the card and in the thread; only who could not decide is told so, privately. */
function button(app: App, deps: ListenerDeps, { id, run }: RunButton): void {
  app.action(id, async ({ ack, body, respond }) => {
    await ack();
    const { user, actions, message } = read(clickSchema, body);
    const click: Click = { value: actions[0]?.value ?? '', by: user.id };
    const reply = await whatToSay(() => run(click)).catch((error: unknown) =>
      errorReply(error, { log: deps.log, about: { action: id, ...click } }),
    );
    if (reply === null) return;
    const thread = message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts };
    await respond({ response_type: 'ephemeral', replace_original: false, text: reply, ...thread });
  });
}

async function whatToSay(operation: () => Promise<OperationResult>): Promise<string | null> {
  const result = await operation();
  return result.kind === 'done' ? null : result.why;
}

function decision(value: string): { runId: string; planHash: string } {
  const pair = parsePair(value);
  if (pair === undefined)
    throw new InternalError('UnreadableButton', `the button value "${value}" names no run and plan`);
  return { runId: pair.runId, planHash: pair.rest };
}

/** The button of a version before this one has a run only. */
function stopOf(value: string): { runId: string; stop?: number } {
  const pair = parsePair(value);
  return pair === undefined ? { runId: value } : { runId: pair.runId, stop: Number(pair.rest) };
}
