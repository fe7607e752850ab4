import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { Fleet } from '#src/domain/fleet.ts';
import { parseRedisAddress } from '#src/domain/redis-address.ts';
import { contradictions } from './config/contradictions.ts';
import { type Environment, environmentSchema, type LogLevel, type Mode, type Role } from './config/environment.ts';
import { type InheritedEnv, inheritedEnv } from './config/inherited-env.ts';
import { readFleet } from './config/load-fleet.ts';
import { badSettings, type Problem } from './config/problem.ts';

export type { LogLevel, Role } from './config/environment.ts';
export type { InheritedEnv } from './config/inherited-env.ts';
export { loadFleet } from './config/load-fleet.ts';

/**
 * Everything the outside tells us, checked. The one door for the environment: entries hand `process.env` to
 * `readConfig` and nothing else reads it. Documented in docs/settings.md and docs/fleet-file.md.
 */
export type Config = {
  role: Role;
  mode: Mode;
  slack: { botToken: string; apiUrl: string; listener: SlackListener };
  redisUrl: string;
  fleet: Fleet;
  /** Names to look up in PATH, or absolute paths. */
  programs: { eksctl: string; jsonnet: string; git: string };
  /** For health checks and, in HTTP mode, Slack. 0: any free port. */
  port: number;
  logLevel: LogLevel;
  /** BullMQ's lease, real milliseconds; the same in every worker. */
  lease: { lockDurationMs: number; stalledIntervalMs: number };
  /** eksctl commands at once in one worker. */
  commandConcurrency: number;
  /** Of one eksctl command, real milliseconds. */
  commandLimitMs: number;
  /** Folder for checkouts and rendered configs. Nothing in it is ever needed again after a restart. */
  workDirectory: string;
  /** What child processes may inherit. */
  inheritedEnv: InheritedEnv;
};

/** How Slack reaches the bot. `none`: the worker only posts. */
export type SlackListener =
  | { kind: 'socket-mode'; appToken: string }
  | { kind: 'http'; signingSecret: string }
  | { kind: 'none' };

/** Throws UserError `BadSettings` that names every wrong or missing setting and the way out; never shows a secret. */
export function readConfig(env: Environment, { role }: { role: Role }): Config {
  const set = withoutEmpty(env);
  const variables = environmentSchema(role).safeParse(set);
  const fleet = set['FLEET_FILE'] === undefined ? null : readFleet(resolve(set['FLEET_FILE']));
  const problems = [
    ...(variables.success ? [] : variables.error.issues.map(problemOf)),
    ...contradictions(set, role),
    ...(fleet?.kind === 'wrong' ? fleet.problems : []),
  ];
  if (!variables.success || fleet?.kind !== 'right' || problems.length > 0) throw badSettings(problems);
  return configOf(variables.data, { env: set, role, fleet: fleet.fleet });
}

/** What must never be seen in a log, wherever it turns up. */
export function secretsOf({
  slack,
  redisUrl,
  inheritedEnv: { aws },
}: Pick<Config, 'slack' | 'redisUrl' | 'inheritedEnv'>): string[] {
  const redis = parseRedisAddress(redisUrl);
  const passwords =
    redis === null ? [] : [redis.password, ...(redis.kind === 'sentinel' ? [redis.sentinelPassword] : [])];
  const tokens = [slack.botToken, ...Object.values(slack.listener).filter((value) => value !== slack.listener.kind)];
  const keys = [aws['AWS_SECRET_ACCESS_KEY'], aws['AWS_SESSION_TOKEN'], aws['AWS_CONTAINER_AUTHORIZATION_TOKEN']];
  return [...tokens, ...passwords.flatMap((password) => [encodeURIComponent(password), password]), ...keys].filter(
    (secret): secret is string => secret !== undefined && secret !== '',
  );
}

type Variables = z.output<ReturnType<typeof environmentSchema>>;

function configOf(variables: Variables, { env, role, fleet }: { env: Environment; role: Role; fleet: Fleet }): Config {
  return {
    role,
    mode: variables.MODE,
    slack: { botToken: variables.SLACK_BOT_TOKEN, apiUrl: variables.SLACK_API_URL, listener: listenerOf(variables) },
    redisUrl: variables.REDIS_URL,
    fleet,
    programs: {
      eksctl: programPath(variables.EKSCTL),
      jsonnet: programPath(variables.JSONNET),
      git: programPath(variables.GIT),
    },
    port: variables.PORT,
    logLevel: variables.LOG_LEVEL,
    lease: { lockDurationMs: variables.LOCK_DURATION_MS, stalledIntervalMs: variables.STALLED_INTERVAL_MS },
    commandConcurrency: variables.COMMAND_CONCURRENCY,
    commandLimitMs: variables.COMMAND_LIMIT_MS,
    workDirectory: resolve(variables.WORK_DIR ?? join(env['TMPDIR'] ?? '/tmp', 'eks-upgrade-bot')),
    inheritedEnv: inheritedEnv(env),
  };
}

function listenerOf(variables: Variables): SlackListener {
  if (variables.SLACK_APP_TOKEN !== undefined) return { kind: 'socket-mode', appToken: variables.SLACK_APP_TOKEN };
  if (variables.SLACK_SIGNING_SECRET !== undefined)
    return { kind: 'http', signingSecret: variables.SLACK_SIGNING_SECRET };
  return { kind: 'none' };
}

/** Children run in a config's folder, where a relative path would mean another file, or one from the repository. */
function programPath(value: string): string {
  return value.includes('/') ? resolve(value) : value;
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  return { at: issue.path.join('.'), what: issue.message };
}

/** `NAME=` in an env file means that it is not set. */
function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
}
