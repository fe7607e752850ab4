import { MAINTENANCE, PEOPLE } from '../simulators/demo/world.ts';
import type { StoredMessage } from '../simulators/slack/messages.ts';

/** Maya, who asks, and Sam, who approves. They see Slack only, and do again what a person would do again. */
export type People = { act: () => Promise<void> };

/** Real milliseconds after which somebody who got no answer tries again. */
const PATIENCE_MS = 3000;

type Try = { at: number; heard: boolean };

export function createPeople(url: string, command: string): People {
  let asked: Try | null = null;
  let approved: Try | null = null;
  return {
    act: async () => {
      const channel = (await get(`${url}/_sim/messages?channel=${MAINTENANCE.name}`)) as StoredMessage[];
      const card = channel.findLast((message) => message.metadata?.event_payload.key === 'card');
      const button = channel.findLast((message) => showsButton(message, 'approve_run'));
      if (card === undefined) {
        if (mayTry(asked))
          asked = await attempt(`${url}/_sim/slash`, { user: PEOPLE.maya, channel: MAINTENANCE.name, text: command });
      } else if (button !== undefined && mayTry(approved)) {
        approved = await attempt(`${url}/_sim/click`, {
          user: PEOPLE.sam,
          messageTs: button.ts,
          actionId: 'approve_run',
        });
      }
    },
  };
}

/** At once when Slack said that it failed, later when it was taken and nothing came of it. */
function mayTry(last: Try | null): boolean {
  return last === null || !last.heard || Date.now() - last.at > PATIENCE_MS;
}

async function attempt(url: string, body: object): Promise<Try> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const result = (await response.json()) as { kind?: string };
  // Refused by Slack itself: the button went away between the look and the press.
  return { at: Date.now(), heard: result.kind === 'acked' };
}

function showsButton({ blocks }: StoredMessage, actionId: string): boolean {
  return JSON.stringify(blocks).includes(`"action_id":"${actionId}"`);
}

async function get(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}
