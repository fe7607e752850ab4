import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#src/domain/errors.ts';
import type { Evidence } from './evidence.ts';
import type { Slot } from './lab.ts';
import { type Life, live } from './live.ts';
import { nameOf, type Order, type Point } from './points.ts';
import { isWell, judge, type Verdict } from './verdict.ts';
import type { WorldSettings } from './world.ts';

/**
 * What came of some points: hit in one world, or never reached in any. A world that went wrong after several hits is
 * `suspect` until each of its points has been tried alone.
 */
export type Judged =
  | { kind: 'hit'; points: Point[]; life: Life; verdict: Verdict; isWell: boolean }
  | { kind: 'suspect'; points: Point[]; life: Life; verdict: Verdict }
  | { kind: 'not-reached'; points: Point[]; why: string };

type Prey = { points: Point[]; attempts: number };

type HuntRequest = {
  undisturbed: Evidence;
  settings: WorldSettings;
  groups: Point[][];
  report: (judged: Judged, left: number) => void;
};

/** What happens at the same moment as something else may come in another order: a point may need another try. */
const ATTEMPTS = 4;
/** Real milliseconds: another slot may still find something to try alone. */
const LOOK_AGAIN_MS = 200;

export class Hunt {
  readonly judged: Judged[] = [];
  readonly #request: HuntRequest;
  readonly #waiting: Prey[];
  #busy = 0;

  constructor(request: HuntRequest) {
    this.#request = request;
    this.#waiting = request.groups.map((points) => ({ points, attempts: 0 }));
  }

  /** Takes one group after the other, until nothing is left and nobody can add anything. */
  async goOn(slot: Slot): Promise<void> {
    while (this.#waiting.length > 0 || this.#busy > 0) {
      const prey = this.#waiting.shift();
      if (prey === undefined) {
        await sleep(LOOK_AGAIN_MS);
        continue;
      }
      this.#busy += 1;
      try {
        await this.#hit(slot, prey);
      } finally {
        this.#busy -= 1;
      }
    }
  }

  async #hit(slot: Slot, { points, attempts }: Prey): Promise<void> {
    const orders = points.map((point): Order => ({ kind: 'strike', point }));
    const life = await live(slot, { orders, ...this.#request.settings }).catch((error: unknown) => messageOf(error));
    // The harness itself failed, e.g. because the machine stood still: nothing is known of the points.
    if (typeof life === 'string') return this.#again(points, { attempts, why: life });
    const verdict = judge(this.#request.undisturbed, life.evidence);
    const isGood = life.trouble === null && isWell(verdict);
    const isReached = (point: Point): boolean => life.struck.includes(point);
    if (!isGood && points.length > 1 && this.#request.settings.without === null) {
      this.#judge({ kind: 'suspect', points, life, verdict });
      return this.#alone(points);
    }
    const reached = points.filter(isReached);
    if (reached.length > 0 || life.trouble !== null) {
      this.#judge({ kind: 'hit', points: reached.length > 0 ? reached : points, life, verdict, isWell: isGood });
    }
    const missed = reached.length === 0 && life.trouble !== null ? [] : points.filter((point) => !isReached(point));
    this.#again(missed, { attempts, why: 'the run went another way' });
  }

  #alone(points: Point[]): void {
    this.#waiting.push(...points.map((point) => ({ points: [point], attempts: 0 })));
  }

  #again(points: Point[], { attempts, why }: { attempts: number; why: string }): void {
    if (points.length === 0) return;
    const next = attempts + 1;
    if (next === ATTEMPTS) this.#judge({ kind: 'not-reached', points, why });
    else this.#waiting.push(...points.map((point) => ({ points: [point], attempts: next })));
  }

  #judge(judged: Judged): void {
    this.judged.push(judged);
    this.#request.report(judged, this.#waiting.flatMap(({ points }) => points).length);
  }
}

export function namesOf(points: Point[]): string {
  return points.map(nameOf).join('; then ');
}
