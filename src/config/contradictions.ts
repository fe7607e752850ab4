import type { Environment, Role } from './environment.ts';
import type { Problem } from './problem.ts';

/** Settings that are right one by one and wrong together. Reads raw values, so that it can run whatever else is wrong. */
export function contradictions(env: Environment, role: Role): Problem[] {
  return [...(role === 'worker' ? [] : listener(env)), ...lease(env), ...staticKeys(env)];
}

function listener(env: Environment): Problem[] {
  const at = 'SLACK_APP_TOKEN, SLACK_SIGNING_SECRET';
  const socketMode = env['SLACK_APP_TOKEN'] !== undefined;
  const http = env['SLACK_SIGNING_SECRET'] !== undefined;
  if (socketMode && http) {
    return [{ at, what: 'are both set: keep SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP' }];
  }
  if (!socketMode && !http) {
    return [{ at, what: 'are both missing: set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP' }];
  }
  return [];
}

/** A stalled job is found by the check that follows the end of its lease: checking less often than that adds only delay. */
function lease(env: Environment): Problem[] {
  const lock = Number(env['LOCK_DURATION_MS'] ?? 15_000);
  const interval = Number(env['STALLED_INTERVAL_MS'] ?? 5000);
  if (!(interval > lock)) return [];
  return [
    { at: 'STALLED_INTERVAL_MS', what: `is ${interval} and LOCK_DURATION_MS ${lock}: check at least once a lease` },
  ];
}

/** The AWS SDK ignores half a pair silently and goes on to the next source, perhaps as somebody else. */
function staticKeys(env: Environment): Problem[] {
  const id = env['AWS_ACCESS_KEY_ID'] !== undefined;
  const secret = env['AWS_SECRET_ACCESS_KEY'] !== undefined;
  if (id === secret) return [];
  const [missing, present] = id
    ? ['AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID']
    : ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  return [{ at: missing, what: `is missing, but ${present} is set: set both or neither` }];
}
