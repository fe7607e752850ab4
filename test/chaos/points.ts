/**
 * Where a process can be hit. A call is named after the port's function, its telling arguments and where the run
 * stood, so that the same call has the same name in every world and repeated identical polls are one.
 */
export type Point = { call: string; side: Side };

/**
 * `during-<n>`: while the call is under way, as soon as the cloud's log shows its n-th effect.
 * `stalled-before`: stopped (SIGSTOP) for longer than its lease while another process goes on, then woken (SIGCONT).
 */
export type Side = 'before' | 'after' | `during-${number}` | 'stalled-before';

/** One recorded outside call. `effects`: how many effects the cloud logged while it was under way, where that was counted. */
export type RecordedCall = { call: string; effects: number; stalls: boolean };

/** What a process of a world is told to do with itself; `strike`: at whichever of the points comes first. */
export type Order = { kind: 'record'; file: string } | { kind: 'strike'; points: Point[] } | { kind: 'none' };

/** The line on its standard output with which a process says that it is struck now. */
export type Struck = { struck: Point };

/** The same of one that was asleep, for each outside call it makes from then on. */
export type Stirring = { stirs: string };

export function nameOf({ call, side }: Point): string {
  return `${side} ${call}`;
}

/** Those of `points` that are not among `others`. */
export function without(points: Point[], others: Point[]): Point[] {
  const names = new Set(others.map(nameOf));
  return points.filter((point) => !names.has(nameOf(point)));
}

/** What is done because a step is late. Whether one is depends on how busy the machine is (verdict.ts). */
const BECAUSE_LATE = / delay:| step-late /;

/** Every point of the calls that each recording has: what only one of them saw depends on chance. */
export function pointsOf(recordings: RecordedCall[][]): Point[] {
  const [first = [], ...others] = recordings;
  const isInAll = (call: string): boolean => others.every((other) => other.some((recorded) => recorded.call === call));
  const inAll = first.filter(({ call }) => !BECAUSE_LATE.test(call) && isInAll(call));
  return inAll.flatMap(({ call, effects, stalls }) => [
    { call, side: 'before' as const },
    ...Array.from({ length: effects }, (_, index) => ({ call, side: `during-${index + 1}` as const })),
    { call, side: 'after' as const },
    ...(stalls ? [{ call, side: 'stalled-before' as const }] : []),
  ]);
}
