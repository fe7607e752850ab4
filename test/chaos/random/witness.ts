import { isInGit, notAtTarget } from './at-target.ts';
import { claimsOf } from './claims.ts';
import { type Reason, reasonOf, uselessness } from './reason.ts';
import { repeats } from './repeats.ts';
import type { PlannedRun } from './schedule.ts';
import type { Shown } from './slack-view.ts';
import type { StormWorld } from './storm-world.ts';
import { untruths } from './truth.ts';

/** How one upgrade of the storm ended, and all that was wrong with it. */
export type RunEnd = {
  number: number;
  cluster: string;
  state: string;
  outcome: 'succeeded' | 'failed-with-reason' | 'hung' | 'wrong';
  /** Of its last failure, as people were told. */
  reason: string | null;
  /** What makes it `wrong`, or where it hung. */
  why: string[];
  /** Notices that were not true. */
  untrue: string[];
  repeated: string[];
};

/** Watches one upgrade from outside: each notice about the cluster's state is held against the cloud when it appears. */
export class Witness {
  readonly plan: PlannedRun;
  readonly #world: StormWorld;
  /** How many of its control-plane updates the cloud lets fail. */
  readonly #updatesThatFail: number;
  readonly #untrue: string[] = [];
  readonly #judged = new Set<string>();
  #judging: Promise<void> = Promise.resolve();
  /** Of the latest failure, as it stood there when people were asked to decide. */
  #reason: Reason | null = null;
  #hasFailed = false;

  constructor({ plan, world, updatesThatFail }: { plan: PlannedRun; world: StormWorld; updatesThatFail: number }) {
    this.plan = plan;
    this.#world = world;
    this.#updatesThatFail = updatesThatFail;
  }

  /** A message of this upgrade came or changed. */
  sees(message: Shown): void {
    if (!/^(?:failure|stopped):\d+$|^(?:finish|aborted)$/.test(message.key) || this.#judged.has(message.key)) return;
    this.#judged.add(message.key);
    const copy = { ...message };
    if (message.key.startsWith('failure:')) {
      this.#reason = reasonOf(copy);
      this.#hasFailed = true;
    }
    this.#judging = this.#judging.then(() => this.#judge(copy));
  }

  /** The run has ended in this state, and everybody has been told. */
  async ended(state: string, run: string): Promise<RunEnd> {
    const { cluster } = this.plan;
    await this.#judging;
    await this.#world.cloud.lookAt(cluster.name);
    const why = await this.#wrongs(state);
    const outcome = why.length > 0 ? 'wrong' : isSuccess(state) ? 'succeeded' : 'failed-with-reason';
    return { ...this.#account(run), state, outcome, why };
  }

  async hung(state: string, run: string | null, why: string): Promise<RunEnd> {
    await this.#judging;
    return { ...this.#account(run), state, outcome: 'hung', why: [why] };
  }

  #account(run: string | null): Pick<RunEnd, 'number' | 'cluster' | 'reason' | 'untrue' | 'repeated'> {
    const { number, cluster } = this.plan;
    const { cloud, slack } = this.#world;
    const effects = cloud.effectsOf(cluster.name);
    const repeated = repeats({
      effects,
      updatesThatFailed: this.#updatesThatFail,
      before: (at) => cloud.before(cluster.name, at),
      doubledMessages: run === null ? [] : slack.doubled(run),
    });
    const reason = this.#reason === null ? null : `${this.#reason.cause} ${this.#reason.remedy}`;
    return { number, cluster: cluster.name, reason, untrue: this.#untrue, repeated };
  }

  async #wrongs(state: string): Promise<string[]> {
    const { cluster } = this.plan;
    const { cloud } = this.#world;
    const now = cloud.latest(cluster.name);
    switch (state) {
      case 'succeeded':
      case 'succeeded-uncommitted': {
        const missing = this.#judged.has('finish') ? [] : ['there is no finish notice'];
        const isPushed = state === 'succeeded-uncommitted' || (await isInGit(this.#world.bare, cluster, now));
        return [
          ...missing,
          ...notAtTarget(cloud.first(cluster.name), now, cluster.to),
          ...(isPushed ? [] : ['the config is not on the branch as it should be']),
        ];
      }
      case 'nothing-to-do':
        return notAtTarget(cloud.first(cluster.name), now, cluster.to);
      // Who presses Abort while the plan is being made again withdraws the request.
      case 'withdrawn':
      case 'aborted': {
        if (!this.#hasFailed) return ['it was aborted, and no failure was told'];
        const useless = uselessness(this.#reason);
        return useless === null ? [] : [useless];
      }
      case 'refused':
        return this.#refusal();
      default:
        return [`it ended as ${state}`];
    }
  }

  #refusal(): string[] {
    const { lines = [] } = this.#world.slack.ofCluster(this.plan.cluster.name, 'card') ?? {};
    const at = lines.indexOf('*Why*');
    const reasons = at < 0 ? [] : lines.slice(at + 1).filter((line) => line.startsWith('• '));
    return reasons.length > 0 ? [] : ['the card does not say why it was refused'];
  }

  async #judge(message: Shown): Promise<void> {
    const { cluster } = this.plan;
    const { cloud, bare } = this.#world;
    await cloud.lookAt(cluster.name);
    const claims = claimsOf(message);
    // Somebody had decided before it was posted: it says so, and not how the cluster stood.
    if (claims.length === 0 && message.lines.some((line) => /was pressed by|was aborted by/.test(line))) return;
    const wrongs = untruths(claims, {
      before: cloud.first(cluster.name),
      during: cloud.during(cluster.name, timeOf(message)),
      effects: cloud.effectsOf(cluster.name),
      isInGit: message.key === 'finish' && (await isInGit(bare, cluster, cloud.latest(cluster.name))),
    });
    if (wrongs.length > 0) this.#untrue.push(`${message.key} ${wrongs.join('; ')}`);
  }
}

function isSuccess(state: string): boolean {
  return ['succeeded', 'succeeded-uncommitted', 'nothing-to-do'].includes(state);
}

/** Run time that a notice speaks of: its moment, which may be earlier than when Slack took it. */
function timeOf({ key, lines, at }: Shown): number {
  const times = lines.flatMap((line) =>
    [...line.matchAll(/<!date\^(\d+)\^/g)].map(([, seconds]) => Number(seconds) * 1000),
  );
  const told = key === 'finish' ? times.at(-1) : times[0];
  return Math.min(told ?? at, at);
}
