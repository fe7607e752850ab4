import type { StoredMessage } from '../slack/messages.ts';
import { MAINTENANCE, PEOPLE } from './world.ts';

/** People of the local workspace, driven through the Slack simulator's control API. */
export type Driver = {
  slash: (user: string, text: string) => Promise<{ ephemerals: string[] }>;
  click: (user: string, click: { messageTs: string; actionId: string }) => Promise<void>;
  submitReason: (user: string, reason: string) => Promise<void>;
  channel: () => Promise<StoredMessage[]>;
  thread: (ts: string) => Promise<StoredMessage[]>;
};

export function createDriver(url: string): Driver {
  const get = async (path: string): Promise<unknown> => readAnswer(await fetch(`${url}/_sim/${path}`));
  const post = async (path: string, body: object): Promise<unknown> =>
    readAnswer(
      await fetch(`${url}/_sim/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  return {
    slash: async (user, text) => {
      await post('slash', { user, channel: MAINTENANCE.name, text });
      const ephemerals = (await get(`ephemerals?user=${user}`)) as { text?: string }[];
      return { ephemerals: ephemerals.map(({ text: said }) => said ?? '') };
    },
    click: async (user, { messageTs, actionId }) => {
      await post('click', { user, messageTs, actionId });
    },
    submitReason: async (user, reason) => {
      const views = (await get(`views?user=${user}`)) as { id: string }[];
      if (views.length > 0) await post('submit-view', { user, values: { reason_input: reason } });
    },
    channel: async () => (await get(`messages?channel=${MAINTENANCE.name}`)) as StoredMessage[],
    thread: async (ts) => (await get(`thread?ts=${ts}`)) as StoredMessage[],
  };
}

async function readAnswer(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`the slack simulator refused: ${JSON.stringify(body)}`);
  return body;
}

export { PEOPLE };
