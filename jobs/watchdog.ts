/**
 * Every wedge we have seen of a worker looks the same from inside: it says that it runs, and starts nothing. So runs
 * that are due and no ticket started for a while mean: leave, and let the supervisor start a fresh process.
 */
export type WatchdogOptions = {
  /** Real milliseconds. */
  limitMs: number;
  /** Whether runs have been due for that long. Failing (Redis is away) is no wedge: connections come back by themselves. */
  isWorkDue: () => Promise<boolean>;
  onWedged: () => void;
};

export type Watchdog = { noteStart: () => void; stop: () => void };

const TICKS = 12;

/** Ticks are counted, not time: a process that was stopped for minutes and goes on gets its chance first. */
export function startWatchdog({ limitMs, isWorkDue, onWedged }: WatchdogOptions): Watchdog {
  let idleTicks = 0;
  let asking = false;
  const tick = async (): Promise<void> => {
    idleTicks += 1;
    if (idleTicks < TICKS || asking) return;
    asking = true;
    const isDue = await isWorkDue().catch(() => false);
    asking = false;
    if (isDue && idleTicks >= TICKS) onWedged();
  };
  const timer = setInterval(() => void tick(), limitMs / TICKS);
  timer.unref();
  return {
    noteStart: () => {
      idleTicks = 0;
    },
    stop: () => clearInterval(timer),
  };
}
