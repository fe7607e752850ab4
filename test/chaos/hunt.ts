import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#src/domain/errors.ts';
import { groupPoints } from './choose-points.ts';
import type { Evidence } from './evidence.ts';
import type { Slot } from './lab.ts';
import { type Life, live } from './live.ts';
import { nameOf, type Point, without } from './points.ts';
import { isLoss, isWell, judge, type Verdict } from './verdict.ts';
import type { WorldSettings } from './world.ts';

/**
 * What came of some points: hit in one world, or never reached in any. A world that went wrong after several hits is
 * `suspect` until each of its points has been tried alone.
 */
export type Judged =
  | { kind: 'hit'; points: Point[]; life: Life; verdict: Verdict; isWell: boolean }
  | { kind: 'suspect'; points: Point[]; life: Life; verdict: Verdict }
  | { kind: 'void'; points: Point[]; why: string }
  | { kind: 'not-reached'; points: Point[]; why: string };

/** Points for one world. `attempts`: how many worlds went by without them. */
type Prey = { points: Point[]; attempts: number };

type HuntRequest = {
  undisturbed: Evidence;
  settings: WorldSettings;
  /** In the order of the run. */
  points: Point[];
  /** How many of them a world is hit at. */
  together: number;
  report: (judged: Judged, left: number) => void;
};

/**
 * What happens at the same moment as something else may come in another order: a point may need another try, and then
 * another with fewer others in its world.
 */
const ATTEMPTS = 6;
/** Real milliseconds: another slot may still find something to try again. */
const LOOK_AGAIN_MS = 200;

export class Hunt {
  readonly judged: Judged[] = [];
  readonly #request: HuntRequest;
  readonly #waiting: Prey[];
  #missed: Prey[] = [];
  #busy = 0;
  #isProven = false;

  constructor(request: HuntRequest) {
    this.#request = request;
    this.#waiting = groupPoints(request.points, request.together).map((points) => ({ points, attempts: 0 }));
  }

  /** Takes one group after the other, until nothing is left and nobody can add anything. */
  async goOn(slot: Slot): Promise<void> {
    for (;;) {
      const prey = this.#isProven ? undefined : (this.#waiting.shift() ?? this.#nextMissed());
      if (prey === undefined && this.#busy === 0) return;
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
    const { settings, undisturbed } = this.#request;
    const life = await live(slot, { order: { kind: 'strike', points }, ...settings }).catch(messageOf);
    // The harness itself failed, e.g. because the machine stood still: nothing is known of the points.
    if (typeof life === 'string') {
      this.#judge({ kind: 'void', points, why: life });
      return this.#miss({ points, attempts }, life);
    }
    const verdict = judge(undisturbed, life.evidence);
    const isGood = life.trouble === null && isWell(verdict);
    const missed = without(points, life.struck);
    const reached = without(points, missed);
    if (isGood || points.length === 1 || reached.length === 1 || settings.without !== null) {
      if (reached.length > 0) this.#judge({ kind: 'hit', points: reached, life, verdict, isWell: isGood });
      else if (!isGood) this.#judge({ kind: 'hit', points, life, verdict, isWell: false });
      this.#isProven ||= settings.without !== null && isLoss(verdict);
    } else {
      this.#judge({ kind: 'suspect', points: reached.length > 0 ? reached : points, life, verdict });
      this.#waiting.push(...reached.map((point) => ({ points: [point], attempts: 0 })));
    }
    this.#miss({ points: missed, attempts }, 'the run went another way');
  }

  #miss({ points, attempts }: Prey, why: string): void {
    if (points.length === 0) return;
    if (attempts + 1 === ATTEMPTS) this.#judge({ kind: 'not-reached', points, why });
    else this.#missed.push({ points, attempts: attempts + 1 });
  }

  /** The missed ones of all worlds, put together anew. */
  #nextMissed(): Prey | undefined {
    const attempts = Math.min(...this.#missed.map((prey) => prey.attempts));
    const again = new Set(this.#missed.filter((prey) => prey.attempts === attempts).flatMap(({ points }) => points));
    this.#missed = this.#missed.filter((prey) => prey.attempts !== attempts);
    const together = Math.max(1, Math.floor(this.#request.together / 2 ** attempts));
    const points = this.#request.points.filter((point) => again.has(point));
    this.#waiting.push(...groupPoints(points, together).map((group) => ({ points: group, attempts })));
    return this.#waiting.shift();
  }

  #judge(judged: Judged): void {
    this.judged.push(judged);
    this.#request.report(judged, [...this.#waiting, ...this.#missed].flatMap(({ points }) => points).length);
  }
}

export function namesOf(points: Point[]): string {
  return points.map(nameOf).join('; then ');
}
