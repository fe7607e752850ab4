import { onTestFinished } from 'vitest';
import { createBoltApp } from '#src/adapters/bolt-app.ts';
import { backgroundClient, createSlackMessages } from '#src/adapters/slack-messages.ts';
import type { Run } from '#src/domain/run.ts';
import { type ListenerDeps, registerListeners } from '#src/listeners/index.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import type { OperationResult, Operations } from '#src/operations/operations.ts';
import type { SlackSimulator } from '#test/simulators/slack/simulator.ts';
import { NOTICES, slackForTest } from '#test/simulators/slack/support.ts';
import { aRun } from '#test/support/builders.ts';

export type Call = { operation: keyof Operations; request: unknown };
export type LogLine = { level: string; fields: Record<string, unknown>; message: string };

/** The real Bolt app with the real listeners against a simulated Slack; only the operations are told what to answer. */
export async function listenerWorld(answers: Partial<Operations> = {}, deps: Partial<ListenerDeps> = {}) {
  const slack = await slackForTest({ commands: [{ command: '/eks-upgrade' }] });
  const calls: Call[] = [];
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
  };
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const listenerDeps: ListenerDeps = {
    operations: recorded(answers, calls),
    fleet: { teamId: slack.teamId, maintenanceChannel: NOTICES },
    cardLink: async () => null,
    log,
    renewCard: async () => undefined,
    slackTrouble: async () => null,
    ...deps,
  };
  const bot = createBoltApp({
    botToken: slack.botToken,
    apiUrl: slack.apiUrl,
    teamId: slack.teamId,
    listener: { kind: 'socket-mode', appToken: slack.appToken },
    log: log as never,
    listen: (app) => registerListeners(app, listenerDeps),
  });
  await bot.start();
  onTestFinished(() => bot.stop());
  return { slack, bot, calls, lines };
}

function recorded(answers: Partial<Operations>, calls: Call[]): Operations {
  const done = async (): Promise<OperationResult> => ({ kind: 'done', run: aRun('running') });
  const all: Operations = {
    requestUpgrade: async () => ({ kind: 'planning', run: aRun('planning') }),
    approveRun: done,
    rejectRun: done,
    passGate: done,
    waitAtGate: done,
    stopAtGate: done,
    retryStep: done,
    overwriteAddon: done,
    abortRun: done,
    requestStop: done,
    status: async () => [],
    ...answers,
  };
  const record = (operation: keyof Operations) => (request: never) => {
    calls.push({ operation, request });
    return (all[operation] as unknown as (request: never) => Promise<never>)(request);
  };
  return Object.fromEntries(
    (Object.keys(all) as (keyof Operations)[]).map((operation) => [operation, record(operation)]),
  ) as unknown as Operations;
}

/** Posts all messages of a run; returns where each stands. */
export async function show(slack: SlackSimulator, run: Run): Promise<Record<string, string>> {
  const messages = createSlackMessages(backgroundClient({ token: slack.botToken, apiUrl: slack.apiUrl }));
  const shown: Record<string, string> = {};
  for (const { key, parent, broadcast, text, blocks } of messagesOf(run, {
    approvers: { users: [], groups: ['S0PLATFRM'] },
  })) {
    const threadTs = parent === null ? null : (shown[parent] ?? null);
    shown[key] = (await messages.post({ channel: NOTICES, key, runId: run.id, threadTs, broadcast, text, blocks })).ts;
  }
  return shown;
}
