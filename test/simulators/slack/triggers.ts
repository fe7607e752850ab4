import { randomUUID } from 'node:crypto';
import { SlackError } from './slack-error.ts';

/** Real time: a trigger is what a person's click allows, and people wait in real time. */
const LIFETIME_MS = 3000;

export type Triggers = {
  create: (user: string) => string;
  /** Whose click it was. Throws what views.open and views.push answer. */
  exchange: (id: string) => string;
};

/** https://docs.slack.dev/interactivity/handling-user-interaction: a trigger_id is good for 3 seconds and once. */
export function createTriggers(now: () => number = Date.now): Triggers {
  const triggers = new Map<string, { user: string; at: number; used: boolean }>();
  return {
    create: (user) => {
      const id = `${Math.floor(now())}.${randomUUID()}`;
      triggers.set(id, { user, at: now(), used: false });
      return id;
    },
    exchange: (id) => {
      const trigger = triggers.get(id);
      if (trigger === undefined) throw new SlackError('invalid_trigger_id');
      if (trigger.used) throw new SlackError('exchanged_trigger_id');
      if (now() - trigger.at > LIFETIME_MS) throw new SlackError('expired_trigger_id');
      trigger.used = true;
      return trigger.user;
    },
  };
}
