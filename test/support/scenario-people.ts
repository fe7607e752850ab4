import type { StoredMessage } from '#test/simulators/slack/messages.ts';
import type { SlackSimulator } from '#test/simulators/slack/simulator.ts';
import type { Looks } from './scenario-looks.ts';

/** Maya may ask and approve, Sam as well; Robin may do neither. */
export const PEOPLE = { maya: 'U0MAYA000', sam: 'U0SAM0000', robin: 'U0ROBIN00' } as const;
export type Person = keyof typeof PEOPLE;

export const MAINTENANCE = 'C0MAINT00';

/** What people do in the simulated Slack. A person sees only what Slack really shows at that moment. */
export type People = {
  /** Types a slash command; returns what the person is told in private. */
  types: (person: Person, text: string) => Promise<string>;
  /** Presses the newest button of that label once it is there (and goes on, where a dialog asks). */
  presses: (person: Person, label: string, of?: string) => Promise<void>;
  /** Waits until the person is told so in private; returns the whole text. */
  isTold: (person: Person, text: RegExp) => Promise<string>;
  /** Answers the question in the modal; returns the complaint under its field, or null when it closed. */
  answers: (person: Person, text: string) => Promise<string | null>;
  /** Labels of the buttons in the card and its thread, in order. */
  buttons: (cluster?: string) => string[];
};

export function createPeople(slack: SlackSimulator, { messages }: Looks): People {
  const told = (person: Person) => slack.ephemerals(PEOPLE[person]);
  return {
    types: async (person, text) => {
      const before = told(person).length;
      await slack.slash({ user: PEOPLE[person], channel: MAINTENANCE, text });
      return slack.waitFor(() => told(person)[before]?.text);
    },
    presses: async (person, label, of) => {
      const { message, button } = await slack.waitFor(() =>
        messages(of)
          .flatMap(buttonsIn)
          .findLast(({ button: shown }) => shown.text === label),
      );
      const { actionId, value } = button;
      await slack.click({ user: PEOPLE[person], messageTs: message.ts, actionId, value });
    },
    isTold: (person, text) => slack.waitFor(() => told(person).find((each) => text.test(each.text))?.text),
    answers: async (person, text) => {
      await slack.waitFor(() => slack.views(PEOPLE[person]).length > 0);
      const result = await slack.submitView({ user: PEOPLE[person], values: { reason_input: text } });
      return 'errors' in result ? Object.values(result.errors).join(' ') : null;
    },
    buttons: (cluster) =>
      messages(cluster)
        .flatMap(buttonsIn)
        .map(({ button }) => button.text),
  };
}

type Button = { text: string; actionId: string; value: string };
type Element = { type: string; action_id: string; value: string; text: { text: string } };

function buttonsIn(message: StoredMessage): { message: StoredMessage; button: Button }[] {
  return message.blocks.flatMap((block) => {
    const elements = block.type === 'actions' ? ((block as { elements?: Element[] }).elements ?? []) : [];
    return elements.map(({ action_id: actionId, value, text }) => ({
      message,
      button: { text: text.text, actionId, value },
    }));
  });
}
