import { TransientError } from '#src/domain/errors.ts';
import type { OutgoingMessage, SlackMessages } from '#src/ports/slack.ts';

export type PostedMessage = OutgoingMessage & { ts: string; edits: number };

export type FakeSlack = SlackMessages & {
  messages: PostedMessage[];
  finds: number;
  /** Thrown by the next call of that kind. */
  failNext: (call: 'post' | 'edit' | 'find', error: Error) => void;
  /** The next post stands in Slack, but its answer never arrives. */
  loseNextAnswer: () => void;
  keys: () => string[];
};

export function fakeSlack(): FakeSlack {
  const failures: { call: string; error: Error }[] = [];
  let loseAnswer = false;
  const failing = (call: string): void => {
    const index = failures.findIndex((failure) => failure.call === call);
    const [failure] = index < 0 ? [] : failures.splice(index, 1);
    if (failure !== undefined) throw failure.error;
  };
  const slack: FakeSlack = {
    messages: [],
    finds: 0,
    failNext: (call, error) => failures.push({ call, error }),
    loseNextAnswer: () => {
      loseAnswer = true;
    },
    keys: () => slack.messages.map(({ key }) => key),
    post: async (message) => {
      failing('post');
      const ts = `${slack.messages.length + 1}.0`;
      slack.messages.push({ ...message, ts, edits: 0 });
      if (loseAnswer) {
        loseAnswer = false;
        throw new TransientError('SlackAnswerLost', 'slack did not say whether the message was posted');
      }
      return { ts };
    },
    edit: async ({ ts, text, blocks }) => {
      failing('edit');
      const message = slack.messages.find((posted) => posted.ts === ts);
      if (message === undefined) throw new Error(`there is no message ${ts}`);
      Object.assign(message, { text, blocks, edits: message.edits + 1 });
    },
    find: async ({ key, runId }) => {
      slack.finds += 1;
      failing('find');
      const found = slack.messages.find((message) => message.key === key && message.runId === runId);
      return found === undefined ? null : { ts: found.ts };
    },
  };
  return slack;
}
