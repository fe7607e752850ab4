import type { FaultInput } from '../../../simulators/slack/faults.ts';
import type { Details, Fault, Strike } from '../fault.ts';
import { clusterOf, whole } from '../fault.ts';
import type { Random } from '../random.ts';
import { CHANNEL } from '../reach.ts';

type CallKind = Extract<FaultInput, { retryAfter?: number | undefined }>['kind'];

function someCalls(name: string, kind: CallKind): Fault {
  return {
    name: `slack: ${name}`,
    scope: 'world',
    uses: [`slack/${kind}`],
    draw: (random: Random): Details => ({
      method: random.pick(['chat.postMessage', 'chat.postMessage', 'chat.update', '*']),
      count: random.between(1, 4),
    }),
    begin: async ({ slack }, strike) =>
      slack.fault({ kind, method: String(strike.details['method']), count: whole(strike, 'count') }),
  };
}

function someDeliveries(
  name: string,
  kind: 'duplicate-envelope' | 'late-envelope' | 'lost-envelope' | 'disconnect-before-ack',
): Fault {
  return {
    name: `slack: ${name}`,
    scope: 'world',
    uses: [`slack/${kind}`],
    draw: (random: Random) => ({ count: random.between(1, 3) }),
    begin: async ({ slack }, strike) => slack.fault({ kind, count: whole(strike, 'count') }),
  };
}

function disconnected(name: string, reason: string | null): Fault {
  return {
    name: `slack: ${name}`,
    scope: 'world',
    uses: [],
    begin: async ({ slack }) => slack.act('disconnect', { reason }),
  };
}

const inChannel = (change: object) => ({ channel: CHANNEL, ...change });
/** Messages that somebody may take for noise; the others are the run's own notices. */
const DELETABLE = ['card', 'start'] as const;
const keyOf = ({ details }: Strike): string => String(details['key']);

export const SLACK_FAULTS: readonly Fault[] = [
  someCalls('429', 'rate-limited'),
  someCalls('5xx before it took effect', 'server-error-before'),
  someCalls('5xx after it took effect', 'server-error-after'),
  someCalls('connection lost before it took effect', 'connection-lost-before'),
  someCalls('connection lost after it took effect', 'connection-lost-after'),
  someCalls('time-out before it took effect', 'time-out-before'),
  someCalls('time-out after it took effect', 'time-out-after'),
  {
    name: 'slack: an error of its own',
    scope: 'world',
    uses: ['slack/api-error'],
    draw: (random) => ({ count: random.between(1, 3), error: random.pick(['internal_error', 'fatal_error']) }),
    begin: async ({ slack }, strike) =>
      slack.fault({ kind: 'api-error', count: whole(strike, 'count'), error: String(strike.details['error']) }),
  },
  {
    name: 'slack: an outage of minutes',
    scope: 'world',
    uses: ['slack/outage'],
    minutes: [3, 30],
    draw: (random) => ({ how: random.pick(['unavailable', 'silent']) }),
    begin: ({ slack }, { details }) => slack.act('outage', { how: String(details['how']) }),
    end: ({ slack }) => slack.act('outage-ends', {}),
  },
  someDeliveries('an envelope comes twice', 'duplicate-envelope'),
  someDeliveries('an envelope comes late', 'late-envelope'),
  someDeliveries('an envelope is lost', 'lost-envelope'),
  someDeliveries('the connection breaks before an ack', 'disconnect-before-ack'),
  disconnected('socket refreshed', 'refresh_requested'),
  disconnected('socket cut', null),
  {
    name: 'slack: somebody deletes a message',
    scope: 'cluster',
    uses: [],
    draw: (random) => ({ key: random.pick(DELETABLE) }),
    begin: async ({ slack }, strike) => {
      const ts = slack.messageTs(clusterOf(strike), keyOf(strike));
      if (ts !== null) await slack.act('delete-message', { channel: CHANNEL, ts });
    },
  },
  {
    name: 'slack: the channel is archived for a while',
    scope: 'world',
    uses: [],
    minutes: [2, 15],
    begin: ({ slack }) => slack.act('change-channel', inChannel({ isArchived: true })),
    end: ({ slack }) => slack.act('change-channel', inChannel({ isArchived: false })),
  },
  {
    name: 'slack: the bot is thrown out of the channel for a while',
    scope: 'world',
    uses: [],
    minutes: [2, 15],
    begin: ({ slack }) => slack.act('change-channel', inChannel({ botIsMember: false })),
    end: ({ slack }) => slack.act('change-channel', inChannel({ botIsMember: true })),
  },
];
