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

/** What the first process of a world is told to do with itself. */
export type Order = { kind: 'record'; file: string } | { kind: 'strike'; point: Point } | { kind: 'none' };

/** What a line of the child's standard output says. */
export const READY = 'ready';
export const STALLED = 'stalled';

export function nameOf({ call, side }: Point): string {
  return `${side} ${call}`;
}

/** Every point of the calls that each recording has: what only one of them saw depends on chance. */
export function pointsOf(recordings: RecordedCall[][]): Point[] {
  const [first = [], ...others] = recordings;
  const inAll = first.filter(({ call }) => others.every((other) => other.some((recorded) => recorded.call === call)));
  return inAll.flatMap(({ call, effects, stalls }) => [
    { call, side: 'before' as const },
    ...Array.from({ length: effects }, (_, index) => ({ call, side: `during-${index + 1}` as const })),
    { call, side: 'after' as const },
    ...(stalls ? [{ call, side: 'stalled-before' as const }] : []),
  ]);
}
