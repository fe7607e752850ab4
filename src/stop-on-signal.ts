import { messageOf } from '#src/domain/errors.ts';

/** How long a clean hand-over may take (real milliseconds) before the process leaves anyway. */
const STOP_LIMIT_MS = 20_000;

export type Stoppable = { stop: () => Promise<void> };

/**
 * Runs one half of the bot until SIGTERM or SIGINT. A start that fails says why in one line and exits with 1; a second
 * signal does not wait for the hand-over.
 */
export async function runUntilSignal(start: () => Promise<Stoppable>): Promise<void> {
  let running: Stoppable;
  try {
    running = await start();
  } catch (error) {
    process.stderr.write(`eks-upgrade-bot does not start: ${messageOf(error)}\n`);
    process.exit(1);
  }
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    await running.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
}

/** A health check from something that throws when it is not well. */
export function readyWhen(
  check: () => Promise<void>,
): () => Promise<{ kind: 'ready' } | { kind: 'not-ready'; why: string }> {
  return async () => {
    try {
      await check();
      return { kind: 'ready' };
    } catch (error) {
      return { kind: 'not-ready', why: messageOf(error) };
    }
  };
}
