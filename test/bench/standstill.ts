/** Real milliseconds: a processor that is merely busy does not keep a timer waiting for so long. */
const LOOK_MS = 500;
const LIMIT_MS = 5000;

/**
 * Whether the machine, or this process with it, stood still (a suspended host, a SIGSTOP): time went on, nothing else did,
 * and whatever was measured meanwhile is worthless. `longestMs` is read and forgotten.
 */
export function watchForStandstill(now: () => number = Date.now): {
  look: () => void;
  longestMs: () => number;
  stop: () => void;
} {
  let last = now();
  let longest = 0;
  const look = (): void => {
    const gap = now() - last - LOOK_MS;
    last = now();
    if (gap > LIMIT_MS) longest = Math.max(longest, gap);
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return {
    look,
    longestMs: () => {
      const ms = longest;
      longest = 0;
      return ms;
    },
    stop: () => clearInterval(timer),
  };
}
