import type { App } from '@slack/bolt';
import type { Run } from '#src/domain/run.ts';
import { heldReply, helpReply, planningReply, statusReply, troubleReply } from '#src/messages/replies.ts';
import type { ListenerDeps } from '../deps.ts';
import { errorReply } from '../error-reply.ts';
import { commandSchema, read } from '../payloads.ts';
import { type ParsedCommand, parseCommand } from './parse-command.ts';

export function register(app: App, deps: ListenerDeps): void {
  app.command('/eks-upgrade', async ({ ack, command, respond }) => {
    const { text, user_id: by } = read(commandSchema, command);
    const parsed = parseCommand(text);
    if (parsed.kind === 'help') {
      await ack({ response_type: 'ephemeral', text: helpReply(parsed.notUnderstood) });
      return;
    }
    await ack();
    const reply = await answer(deps, parsed, by).catch((error: unknown) =>
      errorReply(error, { log: deps.log, about: { command: text, by } }),
    );
    // Whoever asks would look for the card in vain, and may be the first who can do something about it.
    const trouble = await deps.slackTrouble().catch(() => null);
    const told = trouble === null ? reply : `${reply}\n${troubleReply(deps.fleet.maintenanceChannel, trouble)}`;
    await respond({ response_type: 'ephemeral', text: told });
  });
}

async function answer(
  deps: ListenerDeps,
  parsed: Exclude<ParsedCommand, { kind: 'help' }>,
  by: string,
): Promise<string> {
  switch (parsed.kind) {
    case 'upgrade':
      return await requestUpgrade(deps, { cluster: parsed.cluster, version: parsed.version, by });
    case 'status': {
      const runs = await deps.operations.status(parsed.cluster);
      if (parsed.cluster !== null) await renewCards(deps, runs);
      return statusReply(
        parsed.cluster,
        await Promise.all(runs.map(async (run) => ({ run, link: await deps.cardLink(run.id) }))),
      );
    }
    default:
      return parsed satisfies never;
  }
}

/** Whoever asks may do so because the card is gone. */
async function renewCards({ renewCard }: ListenerDeps, runs: readonly Run[]): Promise<void> {
  await Promise.all(runs.map(({ id }) => renewCard(id).catch(() => undefined)));
}

async function requestUpgrade(
  deps: ListenerDeps,
  request: { cluster: string; version: string; by: string },
): Promise<string> {
  const { operations, fleet, cardLink } = deps;
  const result = await operations.requestUpgrade(request);
  switch (result.kind) {
    case 'planning':
      return planningReply(result.run, fleet.maintenanceChannel, await cardLink(result.run.id));
    case 'held':
      await renewCards(deps, [result.holder]);
      return heldReply(result.holder, fleet.maintenanceChannel, await cardLink(result.holder.id));
    default:
      return result satisfies never;
  }
}
