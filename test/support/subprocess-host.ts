/**
 * A small process that starts children for a large one: runs the bot's own door (src/adapters/subprocess.ts) for whoever
 * writes requests to its standard input, and ends with it. See hosted-subprocess.ts.
 */
import { createInterface } from 'node:readline';
import { runSubprocess, type SubprocessRequest, type SubprocessResult } from '#src/adapters/subprocess.ts';
import { messageOf } from '#src/domain/errors.ts';

/** One JSON line each. */
export type HostRequest =
  | { kind: 'run'; id: number; request: Omit<SubprocessRequest, 'signal'> }
  | { kind: 'abort'; id: number };
export type HostAnswer = { id: number } & ({ result: SubprocessResult } | { error: string });

const aborts = new Map<number, AbortController>();

createInterface({ input: process.stdin })
  .on('line', (line) => void take(JSON.parse(line) as HostRequest))
  .on('close', () => process.exit(0));

async function take(asked: HostRequest): Promise<void> {
  const { id } = asked;
  if (asked.kind === 'abort') return aborts.get(id)?.abort();
  const abort = new AbortController();
  aborts.set(id, abort);
  try {
    say({ id, result: await runSubprocess({ ...asked.request, signal: abort.signal }) });
  } catch (error) {
    say({ id, error: messageOf(error) });
  } finally {
    aborts.delete(id);
  }
}

function say(answer: HostAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
