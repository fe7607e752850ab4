import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence } from './evidence.ts';
import { openLab, type Slot } from './lab.ts';
import { type Life, live } from './live.ts';
import type { ChaosOptions } from './options.ts';
import { nameOf, type Point, pointsOf, type RecordedCall } from './points.ts';
import { isWell, judge, type Verdict } from './verdict.ts';

export type Failure = { point: string; trouble: string | null; logTail: string } & Verdict;

export type Summary = {
  /** Places at which a process was hit. */
  points: number;
  converged: number;
  repeatedEffects: number;
  lostMessages: number;
  doubledMessages: number;
  failures: Failure[];
  /** Points that did not come again in any of the attempts: nothing is known of them. */
  notReached: string[];
};

export type Reports = {
  recorded: (calls: number, points: number) => void;
  judged: (life: Judged, left: number) => void;
};

type Judged = { point: string; life: Life; verdict: Verdict | null };

const RECORDINGS = 2;
/** What happens at the same moment as something else may come in another order: a point may need another try. */
const ATTEMPTS = 3;

/** Records undisturbed runs, then hits a fresh world at every point of them. */
export async function everyCall(options: ChaosOptions, reports: Reports): Promise<Summary> {
  const lab = await openLab();
  try {
    const slots = await Promise.all(Array.from({ length: options.workers }, () => lab.openSlot()));
    const recordings = await record(slots[0] as Slot, options);
    const points = chosen(pointsOf(recordings.map(({ calls }) => calls)), options);
    const [{ evidence: undisturbed }] = recordings as [Recording];
    reports.recorded(recordings[0]?.calls.length ?? 0, points.length);
    const judged: Judged[] = [];
    const waiting = [...points];
    const work = async (slot: Slot): Promise<void> => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        const result = await hit(slot, { point, options, undisturbed });
        judged.push(result);
        reports.judged(result, points.length - judged.length);
      }
    };
    await Promise.all(slots.map(work));
    return summarize(judged);
  } finally {
    await lab.close();
  }
}

type Recording = { calls: RecordedCall[]; evidence: Evidence };

async function record(slot: Slot, { speed }: ChaosOptions): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (let number = 1; number <= RECORDINGS; number += 1) {
    const file = join(slot.lab.directory, `calls-${number}.jsonl`);
    // Always with every protection: what is compared with is how it should be.
    const { evidence, trouble, logTail } = await live(slot, { order: { kind: 'record', file }, speed, without: null });
    const verdict = judge(recordings[0]?.evidence ?? evidence, evidence);
    if (trouble !== null || !isWell(verdict)) {
      throw new Error(`an undisturbed run went wrong: ${trouble ?? JSON.stringify(verdict)}\n${logTail}`);
    }
    recordings.push({ calls: merged(await readFile(file, 'utf8')), evidence });
  }
  return recordings;
}

/** A call has a line when it begins, and another one when its effects were counted. */
function merged(text: string): RecordedCall[] {
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

function chosen(points: Point[], { only, seed, limit }: ChaosOptions): Point[] {
  const matching = only === null ? points : points.filter((point) => only.test(nameOf(point)));
  const ordered = seed === null ? matching : shuffled(matching, seed);
  return limit === null ? ordered : ordered.slice(0, limit);
}

/** The same seed, the same order: a linear congruential generator (Numerical Recipes) and Fisher-Yates. */
function shuffled<T>(items: T[], seed: number): T[] {
  const result = [...items];
  let state = seed >>> 0;
  for (let index = result.length - 1; index > 0; index -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (index + 1));
    [result[index], result[other]] = [result[other] as T, result[index] as T];
  }
  return result;
}

type Hit = { point: Point; options: ChaosOptions; undisturbed: Evidence };

async function hit(slot: Slot, { point, options: { speed, without }, undisturbed }: Hit): Promise<Judged> {
  for (let attempt = 1; ; attempt += 1) {
    const life = await live(slot, { order: { kind: 'strike', point }, speed, without });
    if (life.struck || life.trouble !== null)
      return { point: nameOf(point), life, verdict: judge(undisturbed, life.evidence) };
    if (attempt === ATTEMPTS) return { point: nameOf(point), life, verdict: null };
  }
}

function summarize(all: Judged[]): Summary {
  const judged = all.flatMap(({ point, life, verdict }) => (verdict === null ? [] : [{ point, life, verdict }]));
  const total = (count: (verdict: Verdict) => number) => judged.reduce((sum, { verdict }) => sum + count(verdict), 0);
  const isGood = ({ life, verdict }: (typeof judged)[number]) => life.trouble === null && verdict.converged;
  return {
    points: judged.length,
    converged: judged.filter(isGood).length,
    repeatedEffects: total(({ repeatedEffects }) => repeatedEffects.length),
    lostMessages: total(({ lostMessages }) => lostMessages.length),
    doubledMessages: total(({ doubledMessages }) => doubledMessages.length),
    failures: judged
      .filter((one) => !isGood(one) || !isWell(one.verdict))
      .map(({ point, life: { trouble, logTail }, verdict }) => ({ point, trouble, logTail, ...verdict })),
    notReached: all.filter(({ verdict }) => verdict === null).map(({ point }) => point),
  };
}
