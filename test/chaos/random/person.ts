import { setTimeout as sleep } from 'node:timers/promises';
import { MAINTENANCE, PEOPLE } from '../../simulators/demo/world.ts';
import type { PlannedRun } from './schedule.ts';
import type { Shown, SlackView } from './slack-view.ts';

const MINUTE = 60_000;
/** Real milliseconds, and run time, after which somebody who got no answer tries again. */
const PATIENCE_MS = 2000;
const PATIENCE_MINUTES = 3;
/** Run time: a card that says nothing new for so long may be of a run that a Redis has forgotten, so one asks again. */
const SILENCE_MS = 90 * MINUTE;

const ACKED = 'acked';
const MODAL_LOOKS = 40;
const MODAL_LOOK_MS = 50;

type Try = { at: number; real: number; heard: boolean };

/**
 * Maya, who asks, and Sam, who decides, for one upgrade. They see Slack only, do what the schedule says they do, and do
 * again what a person would do again when nothing comes of it.
 */
export class Person {
  readonly #plan: PlannedRun;
  readonly #slack: SlackView;
  readonly #url: string;
  readonly #beganAt: number;
  readonly #tries = new Map<string, Try>();
  readonly #firstSeen = new Map<string, number>();
  #acting = false;
  #hasStopped = false;

  constructor({ plan, slack, url, beganAt }: { plan: PlannedRun; slack: SlackView; url: string; beganAt: number }) {
    this.#plan = plan;
    this.#slack = slack;
    this.#url = url;
    this.#beganAt = beganAt;
  }

  get hasAsked(): boolean {
    return this.#tries.has('ask');
  }

  /** One look, and at most one act. `now`: run time. */
  async act(now: number): Promise<void> {
    if (this.#acting || now < this.#beganAt + this.#plan.askedInMinute * MINUTE) return;
    this.#acting = true;
    try {
      await this.#decide(now);
    } finally {
      this.#acting = false;
    }
  }

  async #decide(now: number): Promise<void> {
    const { cluster, retries, thinkMinutes, stopInMinute } = this.#plan;
    const messages = this.#slack.of(this.#slack.runOf(cluster.name) ?? '');
    const stop = messages.findLast((message) => offers(message, 'retry_run'));
    if (stop !== undefined) {
      if (now < this.#seen(stop, now) + thinkMinutes * MINUTE) return;
      const failures = Number(/^failure:(\d+)$/.exec(stop.key)?.[1] ?? 0);
      return this.#click(stop, failures > retries ? 'abort_run' : 'retry_run', now);
    }
    const gate = messages.findLast((message) => offers(message, 'pass_gate'));
    if (gate !== undefined) return this.#passGate(gate, now);
    const asked = messages.findLast((message) => offers(message, 'approve_run'));
    if (asked !== undefined) return this.#click(asked, 'approve_run', now);
    const stoppable = messages.findLast((message) => offers(message, 'stop_run'));
    const isTime = stopInMinute !== null && now > this.#beganAt + (this.#plan.askedInMinute + stopInMinute) * MINUTE;
    if (stoppable !== undefined && isTime && !this.#hasStopped) {
      this.#hasStopped = true;
      return this.#click(stoppable, 'stop_run', now);
    }
    const lastChange = Math.max(0, ...messages.map(({ at }) => at));
    if (!messages.some(({ key }) => key === 'card') || now - lastChange > SILENCE_MS) await this.#ask(now);
  }

  #seen({ ts }: Shown, now: number): number {
    const first = this.#firstSeen.get(ts) ?? now;
    this.#firstSeen.set(ts, first);
    return first;
  }

  #ask(now: number): Promise<void> {
    const { cluster } = this.#plan;
    const text = `/eks-upgrade ${cluster.name} ${cluster.to}`;
    return this.#try(
      'ask',
      now,
      async () => (await this.#post('slash', { user: PEOPLE.maya, channel: MAINTENANCE.name, text })) === ACKED,
    );
  }

  #click({ ts }: Shown, actionId: string, now: number): Promise<void> {
    const click = { user: PEOPLE.sam, messageTs: ts, actionId };
    return this.#try(`${ts} ${actionId}`, now, async () => (await this.#post('click', click)) === ACKED);
  }

  /** The modal is Sam's only one: one upgrade after the other. */
  #passGate({ ts }: Shown, now: number): Promise<void> {
    return this.#try(`${ts} pass_gate`, now, () =>
      oneModalAtATime(async () => {
        const clicked = await this.#post('click', { user: PEOPLE.sam, messageTs: ts, actionId: 'pass_gate' });
        return clicked === ACKED && (await this.#modalIsOpen()) && (await this.#giveReason());
      }),
    );
  }

  /** It comes after the ack. */
  async #modalIsOpen(): Promise<boolean> {
    for (let look = 0; look < MODAL_LOOKS; look += 1) {
      const views = (await (await fetch(`${this.#url}/_sim/views?user=${PEOPLE.sam}`)).json()) as unknown[];
      if (views.length > 0) return true;
      await sleep(MODAL_LOOK_MS);
    }
    return false;
  }

  async #giveReason(): Promise<boolean> {
    const values = { reason_input: 'they were told yesterday' };
    const isClosed = (await this.#post('submit-view', { user: PEOPLE.sam, values })) === 'closed';
    if (!isClosed) await this.#post('close-view', { user: PEOPLE.sam });
    return isClosed;
  }

  async #try(what: string, now: number, act: () => Promise<boolean>): Promise<void> {
    const last = this.#tries.get(what);
    const isPatient =
      last?.heard === true && (Date.now() - last.real < PATIENCE_MS || now - last.at < PATIENCE_MINUTES * MINUTE);
    if (isPatient || (last !== undefined && Date.now() - last.real < PATIENCE_MS / 4)) return;
    this.#tries.set(what, { at: now, real: Date.now(), heard: true });
    const heard = await act().catch(() => false);
    this.#tries.set(what, { at: now, real: Date.now(), heard });
  }

  /** What became of it. Refused by Slack itself: the button went away between the look and the press, or Slack is away. */
  async #post(act: string, body: object): Promise<string> {
    const response = await fetch(`${this.#url}/_sim/${act}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { kind = 'refused' } = (await response.json()) as { kind?: string };
    return kind;
  }
}

let modal: Promise<unknown> = Promise.resolve();

function oneModalAtATime<T>(work: () => Promise<T>): Promise<T> {
  const turn = modal.then(work);
  modal = turn.catch(() => undefined);
  return turn;
}

function offers({ buttons }: Shown, actionId: string): boolean {
  return buttons.includes(actionId);
}
