import type { Workspace } from './workspace.ts';

/** Looks now and after each change; rejects with the last things that happened when the time (real) is up. */
export async function waitForChange<T>(
  workspace: Workspace,
  predicate: () => T | undefined | false,
  timeoutMs: number,
): Promise<T> {
  return await new Promise((resolve, reject) => {
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      stop();
      end();
    };
    const look = (): void => {
      try {
        const found = predicate();
        if (found !== undefined && found !== false) finish(() => resolve(found));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const stop = workspace.onChange(look);
    const timer = setTimeout(() => {
      const last = workspace.log
        .entries()
        .slice(-5)
        .map((entry) => JSON.stringify(entry).slice(0, 300));
      finish(() => reject(new Error(`not seen in Slack within ${timeoutMs} ms; last: ${last.join(' | ')}`)));
    }, timeoutMs);
    look();
  });
}
