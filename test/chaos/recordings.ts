import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InternalError } from '#src/domain/errors.ts';
import type { Evidence } from './evidence.ts';
import type { Slot } from './lab.ts';
import { live } from './live.ts';
import type { RecordedCall } from './points.ts';
import { isWell, judge } from './verdict.ts';

/** An undisturbed run: its outside calls, in the order in which they first came, and what the world looked like. */
export type Recording = { calls: RecordedCall[]; evidence: Evidence };

/** Always with every protection: what is compared with is how it should be. Throws when the runs differ. */
export async function recordRuns(slots: Slot[], speed: number): Promise<[Recording, ...Recording[]]> {
  const [first, ...others] = await Promise.all(slots.map((slot) => recordRun(slot, speed)));
  if (first === undefined) throw new InternalError('NoSlot', 'a recording needs a slot');
  for (const other of others) {
    const verdict = judge(first.evidence, other.evidence);
    if (!isWell(verdict)) {
      throw new InternalError('NotReproducible', `two undisturbed runs differ: ${JSON.stringify(verdict, null, 2)}`);
    }
  }
  return [first, ...others];
}

async function recordRun(slot: Slot, speed: number): Promise<Recording> {
  const file = join(slot.lab.directory, `${randomUUID()}.jsonl`);
  const { evidence, trouble, logTail } = await live(slot, { order: { kind: 'record', file }, speed, without: null });
  const isHowItShouldBe = trouble === null && isWell(judge(evidence, evidence));
  if (!isHowItShouldBe) {
    throw new InternalError(
      'UndisturbedRunFailed',
      `an undisturbed run went wrong: ${trouble ?? JSON.stringify(judge(evidence, evidence))}\n${logTail}`,
    );
  }
  return { calls: callsIn(await readFile(file, 'utf8')), evidence };
}

/** A call has a line when it begins, and another one when its effects were counted. */
export function callsIn(text: string): RecordedCall[] {
  const calls = new Map<string, RecordedCall>();
  for (const line of text.split('\n').filter(Boolean)) {
    const { call, effects, stalls } = JSON.parse(line) as RecordedCall;
    const known = calls.get(call);
    calls.set(call, {
      call,
      effects: Math.max(effects, known?.effects ?? 0),
      stalls: stalls || (known?.stalls ?? false),
    });
  }
  return [...calls.values()];
}
