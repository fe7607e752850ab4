import { messageOf } from '#src/domain/errors.ts';
import { faultNamed } from './catalogue.ts';
import type { CloudView } from './cloud-view.ts';
import type { Strike } from './fault.ts';
import type { Reach } from './reach.ts';

const MINUTE = 60_000;

type Pending = { strike: Strike; state: 'waiting' } | { strike: Strike; state: 'due' | 'on'; at: number };

export type DirectorSettings = {
  strikes: readonly Strike[];
  reach: Reach;
  cloud: CloudView;
  /** Run time at which the storm began. */
  beganAt: number;
  /** A fault struck, ended, or could not strike. */
  onStrike: (what: 'begins' | 'ends' | 'could not', strike: Strike, why?: string) => void;
};

/** Lets the faults strike at their moments. Only one thing at a time happens to Redis. */
export class Director {
  readonly #settings: DirectorSettings;
  #pending: Pending[];
  #redis: Promise<unknown> = Promise.resolve();

  constructor(settings: DirectorSettings) {
    this.#settings = settings;
    this.#pending = settings.strikes.map((strike) => ({ strike, state: 'waiting' }));
  }

  /** What is due at this moment of run time. The effects that have been seen by now are those in `cloud`. */
  act(now: number): void {
    this.#pending = this.#pending.flatMap((pending) => this.#advance(pending, now) ?? []);
  }

  #advance(pending: Pending, now: number): Pending | null {
    const { strike } = pending;
    if (pending.state === 'waiting') {
      const at = this.#momentOf(strike);
      return at === null ? pending : this.#advance({ strike, state: 'due', at }, now);
    }
    if (now < pending.at) return pending;
    if (pending.state === 'on') {
      this.#do('ends', strike);
      return null;
    }
    this.#do('begins', strike);
    return strike.minutes === null ? null : { strike, state: 'on', at: now + strike.minutes * MINUTE };
  }

  /** Run time of a strike; null: it waits for an effect that is not there yet. */
  #momentOf({ when, cluster }: Strike): number | null {
    if (when.kind === 'minute') return this.#settings.beganAt + when.minute * MINUTE;
    if (cluster === null) return null;
    const effects = this.#settings.cloud.effectsOf(cluster).filter(({ effect }) => effect === when.effect);
    const effect = effects[when.nth - 1];
    return effect === undefined ? null : Date.parse(effect.at) + when.secondsLater * 1000;
  }

  #do(what: 'begins' | 'ends', strike: Strike): void {
    const { reach, onStrike } = this.#settings;
    const fault = faultNamed(strike.fault);
    onStrike(what, strike);
    const act = async (): Promise<void> => {
      await (what === 'begins' ? fault.begin : fault.end)?.(reach, strike);
    };
    const acting = strike.fault.startsWith('redis:') ? this.#redis.then(act) : act();
    this.#redis = strike.fault.startsWith('redis:') ? acting.catch(() => undefined) : this.#redis;
    acting.catch((error: unknown) => onStrike('could not', strike, messageOf(error)));
  }
}
