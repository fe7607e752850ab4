import type { Effect } from '../../simulators/cloud/effects.ts';
import type { ClusterSnapshot } from '../../simulators/cloud/options.ts';
import { followFile } from './follow-file.ts';

/** A cluster at a moment (run time), as the simulated cloud itself knows it. */
export type Seen = { at: number; snapshot: ClusterSnapshot };

/** The cloud from outside: its effects log, and the state of each cluster over time. */
export class CloudView {
  readonly #url: string;
  readonly #now: () => number;
  readonly #read: () => Effect[];
  readonly #effects = new Map<string, Effect[]>();
  readonly #seen = new Map<string, Seen[]>();

  constructor({ url, effectsLog, now }: { url: string; effectsLog: string; now: () => number }) {
    this.#url = url;
    this.#now = now;
    this.#read = followFile<Effect>(effectsLog);
  }

  /** The effects since the last look. */
  effectsSince(): Effect[] {
    const fresh = this.#read();
    for (const effect of fresh) this.effectsOf(effect.cluster).push(effect);
    return fresh;
  }

  effectsOf(cluster: string): Effect[] {
    const known = this.#effects.get(cluster) ?? [];
    this.#effects.set(cluster, known);
    return known;
  }

  async lookAtAll(): Promise<void> {
    const before = this.#now();
    for (const snapshot of (await this.#state('')) as ClusterSnapshot[]) this.#note(snapshot, before);
  }

  async lookAt(cluster: string): Promise<void> {
    const before = this.#now();
    this.#note((await this.#state(`?cluster=${cluster}`)) as ClusterSnapshot, before);
  }

  first(cluster: string): ClusterSnapshot {
    const first = this.#seen.get(cluster)?.[0];
    if (first === undefined) throw new Error(`nobody has looked at ${cluster} yet`);
    return first.snapshot;
  }

  /** How it was at any time from `since` on: also as it was last seen before. */
  during(cluster: string, since: number): ClusterSnapshot[] {
    const seen = this.#seen.get(cluster) ?? [];
    const before = seen.findLastIndex(({ at }) => at <= since);
    return seen.slice(Math.max(before, 0)).map(({ snapshot }) => snapshot);
  }

  latest(cluster: string): ClusterSnapshot {
    return this.#seen.get(cluster)?.at(-1)?.snapshot ?? this.first(cluster);
  }

  /** As it was last seen before this time (run time). */
  before(cluster: string, at: number): ClusterSnapshot {
    return this.#seen.get(cluster)?.findLast((seen) => seen.at < at)?.snapshot ?? this.first(cluster);
  }

  #note(snapshot: ClusterSnapshot, at: number): void {
    const seen = this.#seen.get(snapshot.cluster) ?? [];
    this.#seen.set(snapshot.cluster, seen);
    const last = seen.at(-1);
    if (last === undefined || JSON.stringify(last.snapshot) !== JSON.stringify(snapshot)) seen.push({ at, snapshot });
  }

  async #state(query: string): Promise<unknown> {
    return (await fetch(`${this.#url}/_sim/state${query}`)).json();
  }
}
