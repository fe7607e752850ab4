import { z } from 'zod';
import { parseRedisAddress } from '#src/domain/redis-address.ts';

/** As `process.env`. */
export type Environment = Record<string, string | undefined>;

/** Which half of the bot is started; what it does not use it does not ask for. */
export type Role = 'bot' | 'worker' | 'both';

/** `observe`: plans, and has nothing with which it could change a cluster. */
export const MODES = ['upgrade', 'observe'] as const;
export type Mode = (typeof MODES)[number];

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MAX_DELAY_MS = 600_000;

/** The variables one by one; what they mean together is checked in `contradictions`. */
export function environmentSchema(role: Role) {
  return z.object({
    SLACK_BOT_TOKEN: slackSecret(
      'xoxb-',
      'give the bot token (xoxb-…) that the Slack app shows under "OAuth & Permissions"',
    ),
    SLACK_APP_TOKEN:
      role === 'worker'
        ? ignored
        : slackSecret(
            'xapp-',
            'give the app-level token (xapp-…, scope connections:write) that the Slack app shows under "Basic Information"',
          ).optional(),
    SLACK_SIGNING_SECRET:
      role === 'worker'
        ? ignored
        : checked(
            'give the signing secret (32 hexadecimal digits) that the Slack app shows under "Basic Information"',
            (value) => /^[0-9a-f]{32}$/.test(value),
            notShown,
          ).optional(),
    SLACK_API_URL: checked(
      'give a web address like https://slack.com/api/ (plain http only for this machine)',
      isSafeWebAddress,
      withoutPassword,
    )
      .transform((value) => (value.endsWith('/') ? value : `${value}/`))
      .default('https://slack.com/api/'),
    REDIS_URL: checked(
      'give the address of a Redis, e.g. redis://localhost:6379, rediss://user:password@host:6380/0 or redis+sentinel://:password@host1:26379,host2:26379/mymaster',
      isRedisAddress,
      withoutPassword,
    ),
    FLEET_FILE: z.string({ error: 'is missing: give the path of the fleet file (fleet.example.yaml is an example)' }),
    EKSCTL: program('eksctl'),
    JSONNET: program('jsonnet'),
    GIT: program('git'),
    PORT: wholeNumber({ least: 0, most: 65_535, need: 'give a port number from 0 (any free one) to 65535' }).default(
      3000,
    ),
    LOG_LEVEL: z
      .enum(LOG_LEVELS, { error: (issue) => `is ${shown(String(issue.input))}: give one of ${LOG_LEVELS.join(', ')}` })
      .default('info'),
    MODE: z
      .enum(MODES, { error: (issue) => `is ${shown(String(issue.input))}: give one of ${MODES.join(', ')}` })
      .default('upgrade'),
    LOCK_DURATION_MS: milliseconds().default(15_000),
    // Twice this counts: a worker skips its look when another one's is less than an interval ago, and that one may be gone
    // (bullmq moveStalledJobsToWait.lua, `stalled-check`). 15 s and 2 × 5 s leave a margin to the 30 s that are promised.
    STALLED_INTERVAL_MS: milliseconds().default(5000),
    COMMAND_CONCURRENCY: wholeNumber({
      least: 1,
      most: 100,
      need: 'give how many eksctl commands may run at once, 1 to 100',
    }).default(10),
    // eksctl gives up by itself after 25 minutes of stacks and as long of nodes.
    COMMAND_LIMIT_MS: wholeNumber({
      least: 1000,
      most: 86_400_000,
      need: 'give the milliseconds one eksctl command may take, 1000 to 86400000',
    }).default(90 * 60_000),
    WORK_DIR: z.string().optional(),
    AWS_ENDPOINT_URL: checked(
      'give a web address, or leave it out to use AWS itself',
      isWebAddress,
      withoutPassword,
    ).optional(),
  });
}

const ignored = z
  .unknown()
  .optional()
  .transform(() => undefined);

type Shown = (value: string) => string;

/** A text that passes `ok`; anything else is reported with `need`, the way out. */
function checked(need: string, ok: (value: string) => boolean, show: Shown = shown) {
  return z
    .string({ error: `is missing: ${need}` })
    .refine(ok, { error: (issue) => `is ${show(String(issue.input))}: ${need}` });
}

function slackSecret(prefix: string, need: string) {
  return checked(
    need,
    (value) => value.startsWith(prefix) && value.length > prefix.length && !/\s/.test(value),
    notShown,
  );
}

function program(name: string) {
  return z.string().default(name);
}

function wholeNumber({ least, most, need }: { least: number; most: number; need: string }) {
  const inRange = (value: string): boolean =>
    /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most;
  return checked(need, inRange).transform(Number);
}

function milliseconds() {
  return wholeNumber({ least: 100, most: MAX_DELAY_MS, need: `give milliseconds from 100 to ${MAX_DELAY_MS}` });
}

function isWebAddress(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
}

/** The bot token goes there with every call: in clear text only where nobody listens. */
function isSafeWebAddress(value: string): boolean {
  return isWebAddress(value) && (value.startsWith('https:') || isThisMachine(new URL(value).hostname));
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host.startsWith('127.') || host === '[::1]';
}

function isRedisAddress(value: string): boolean {
  return parseRedisAddress(value) !== null;
}

const shown: Shown = (value) => JSON.stringify(value);

/** Token kinds of Slack are public knowledge and tell the usual mistake: the wrong one of the tokens was pasted. */
const notShown: Shown = (value) => {
  const kind = /^(?:xox[a-z]-|xapp-|xoxe\.)/.exec(value)?.[0];
  return kind === undefined
    ? `not of that shape (${value.length} characters, not shown)`
    : `a ${kind}… token of ${value.length} characters (not shown)`;
};

const withoutPassword: Shown = (value) => {
  const url = URL.parse(value);
  if (url === null)
    return /@|password/i.test(value) ? 'not an address (not shown, it may hold a password)' : shown(value);
  if (url.password !== '') url.password = '***';
  return shown(url.href);
};
