/** A machine that stands still must not count as a run that hangs: what a look took longer than this does not count. */
const LONGEST_TURN_MS = 1000;

/** Real time in which we were really awake, and since when nothing happened to each of several things. */
export class Progress {
  #awakeMs = 0;
  #lastTurn: number | null = null;
  readonly #since = new Map<string, number>();

  /** To be called every turn, with the real time. */
  turn(now: number): void {
    if (this.#lastTurn !== null) this.#awakeMs += Math.min(Math.max(now - this.#lastTurn, 0), LONGEST_TURN_MS);
    this.#lastTurn = now;
  }

  note(what: string): void {
    this.#since.set(what, this.#awakeMs);
  }

  /** Real milliseconds awake since something happened to it; 0 when nothing ever did. */
  idleMs(what: string): number {
    return this.#awakeMs - (this.#since.get(what) ?? this.#awakeMs);
  }

  get awakeMs(): number {
    return this.#awakeMs;
  }
}
