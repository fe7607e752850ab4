import { messageOf, UserError } from '#src/domain/errors.ts';
import type { LookingDeps } from './worker-deps.ts';

export type SlackWatch = {
  /** Throws why Slack cannot be used, as of the latest look. */
  check: () => Promise<void>;
  stop: () => void;
};

type Deps = Pick<LookingDeps, 'clock' | 'log' | 'ledger' | 'store'> & {
  /** Throws what is wrong with Slack or with the token. */
  checkSlack: () => Promise<void>;
};

/** Run time between two looks, and real time at least: simulated time may run very fast. */
const EVERY_MS = 30_000;
const AT_LEAST_MS = 1000;

/**
 * Asks Slack now and then whether it is there and takes our token. Messages would find out too, but between two of them
 * half an hour may pass: the next deletion would then begin although nobody has been able to press stop for long. A
 * worker whose token is refused works all the same, because what it deleted it must make again; but it is not ready.
 */
export function startSlackWatch(deps: Deps): SlackWatch {
  let trouble: string | null = 'slack was not asked yet';
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const found = await seeSlack(deps);
    if (found !== null && found !== trouble) deps.log.error({ err: found }, 'slack cannot be used');
    trouble = found;
    if (stopped) return;
    timer = setTimeout(() => void look(), Math.max(AT_LEAST_MS, deps.clock.realMs(EVERY_MS)));
    timer.unref();
  };
  void look();
  return {
    check: async () => {
      if (trouble !== null) throw new Error(trouble);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** null: all is well. */
async function seeSlack({ clock, ledger, store, checkSlack }: Deps): Promise<string | null> {
  try {
    await checkSlack();
  } catch (error) {
    const why = error instanceof UserError ? error.message : null;
    await ledger.noteOutage(clock.now(), why).catch(() => undefined);
    return messageOf(error);
  }
  // While a message waits only its own arrival shows that people are reached: the channel may be what is wrong.
  const isWaiting = await store.unsynced().then(
    (runs) => runs.length > 0,
    () => true,
  );
  if (!isWaiting) await ledger.noteAnswer().catch(() => undefined);
  return null;
}
