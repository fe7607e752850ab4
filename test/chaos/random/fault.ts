import type { Shape } from './clusters.ts';
import type { Random } from './random.ts';
import type { Reach } from './reach.ts';

/** One kind of thing that goes wrong, of the fault catalogue. */
export type Fault = {
  /** `room: what happens`, e.g. `aws: a stack rolls back`. */
  name: string;
  scope: 'cluster' | 'world';
  /** The simulators' switches it uses, e.g. `cloud/stack-rolls-back`; none where a signal to a process is all it takes. */
  uses: readonly string[];
  /** What it makes sense for; absent: every cluster. */
  shapes?: readonly Shape[];
  /** Effects at which it bites; absent: at any time. */
  at?: readonly Trigger[];
  /** How long it lasts, in minutes of run time; absent: it is over when it has struck. */
  minutes?: readonly [least: number, most: number];
  /** What else there is to draw about it. */
  draw?: (random: Random) => Details;
  begin: (reach: Reach, strike: Strike) => Promise<void>;
  /** After `minutes`. */
  end?: (reach: Reach, strike: Strike) => Promise<void>;
};

export type Details = Record<string, string | number>;

/** Effects in the cloud's log that a fault can wait for. */
export const TRIGGERS = [
  'control-plane-update-started',
  'node-group-update-started',
  'addon-update-started',
  'stack-create-started',
  'stack-delete-started',
  'object-changed',
] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** A fault with its place and its time, drawn ahead: nothing about it is decided later. */
export type Strike = {
  id: number;
  fault: string;
  /** null: the world's. */
  cluster: string | null;
  when: When;
  minutes: number | null;
  details: Details;
};

/** `minute`: of run time since the storm began. `effect`: that long after the n-th such effect on its cluster (or on any). */
export type When =
  | { kind: 'minute'; minute: number }
  | { kind: 'effect'; effect: Trigger; nth: number; secondsLater: number };

/** The cluster of a strike of scope `cluster`. */
export function clusterOf({ cluster, fault }: Strike): string {
  if (cluster === null) throw new Error(`"${fault}" needs a cluster`);
  return cluster;
}

export function whole(strike: Strike, name: string): number {
  const value = strike.details[name];
  if (typeof value !== 'number') throw new Error(`"${strike.fault}" has no number ${name}`);
  return value;
}

export function inWords({ fault, cluster, when, minutes, details, id }: Strike): string {
  const moment =
    when.kind === 'minute'
      ? `in minute ${when.minute}`
      : `${when.secondsLater} s after effect ${when.nth} of ${when.effect}`;
  const more = Object.entries(details).map(([name, value]) => `, ${name} ${value}`);
  return `#${id} ${fault}${cluster === null ? '' : ` (${cluster})`} ${moment}${minutes === null ? '' : `, for ${minutes} min`}${more.join('')}`;
}
