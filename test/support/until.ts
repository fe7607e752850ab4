import { vi } from 'vitest';

/** Real milliseconds; a busy machine is no reason to fail. */
const PATIENCE = { timeout: 60_000, interval: 100 };

/** For what shows neither in Slack nor in the cloud (see `eventually`), e.g. while one of them is away. An error counts as no. */
export async function until(look: () => Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => {
    if (!(await look())) throw new Error('it has not come to that');
  }, PATIENCE);
}
