import { LogLevel, type Logger as SlackLogger } from '@slack/bolt';
import type { Logger } from 'pino';

export type BoltLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** Bolt's and Socket Mode's lines in our log. Never `debug`: on that level they write whole payloads and connection addresses. */
export function boltLogger(log: BoltLog): SlackLogger {
  const write =
    (level: 'info' | 'warn' | 'error') =>
    (...parts: unknown[]) => {
      log[level]({ from: 'slack' }, parts.map(String).join(' '));
    };
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: write('warn'),
    error: write('error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}
