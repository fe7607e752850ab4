import { beyond } from './beyond.ts';
import type { Evidence } from './evidence.ts';

/** What a world was hit by shows beside the undisturbed one. All lists empty and `converged`: nothing was lost. */
export type Verdict = {
  converged: boolean;
  /** Why not. */
  deviations: string[];
  repeatedEffects: string[];
  lostMessages: string[];
  doubledMessages: string[];
};

export function judge(undisturbed: Evidence, seen: Evidence): Verdict {
  const deviations = [
    ...(seen.state === 'succeeded'
      ? []
      : [`the run is ${seen.state}${seen.reason === null ? '' : `: ${seen.reason}`}`]),
    ...seen.notAtTarget,
    ...beyond(undisturbed.effects, seen.effects).map((effect) => `missing effect: ${effect}`),
    ...beyond(undisturbed.commits, seen.commits).map(() => 'the config was not pushed as it should be'),
    ...beyond([...new Set(seen.posted)], undisturbed.posted)
      .filter(isOfTheUpgrade)
      .map((key) => `unexpected message: ${key}`),
  ];
  return {
    converged: deviations.length === 0,
    deviations,
    repeatedEffects: [
      ...withoutTakenBack(beyond(seen.effects, undisturbed.effects)),
      ...beyond(seen.commits, undisturbed.commits).map((tree) => `commit of tree ${tree}`),
    ],
    lostMessages: [...beyond(undisturbed.posted, seen.posted).filter(isOfTheUpgrade), ...staleTexts(undisturbed, seen)],
    doubledMessages: beyond(seen.posted, [...new Set(seen.posted)]),
  };
}

/**
 * AWS offers no token and no condition for the size of an Auto Scaling group: a sleeper's raise cannot be refused, and what
 * counts is that the sleeper has taken it back: by the size, or by the node that had come of it, closed before, if nobody's
 * server was on it. One that stays raised is a repeated effect.
 */
function withoutTakenBack(effects: readonly string[]): string[] {
  const left = [...effects];
  for (const effect of effects) {
    const taking = waysBack(effect).find((way) => way.every((one) => left.some((seen) => one.test(seen))));
    if (taking === undefined || !left.includes(effect)) continue;
    left.splice(left.indexOf(effect), 1);
    for (const one of taking)
      left.splice(
        left.findIndex((seen) => one.test(seen)),
        1,
      );
  }
  return left;
}

const CLOSED = /^node-tainted .*eks-upgrade\/phase-out/;

/** The effects, in any order, by which this one would have come to nothing; the longest way first. */
function waysBack(effect: string): RegExp[][] {
  const [, group, from, to] =
    /^desired-capacity-set \{"caller":"bot","nodeGroup":"([^"]+)","from":(\d+),"to":(\d+)\}$/.exec(effect) ?? [];
  if (group === undefined || Number(to) !== Number(from) + 1) return [];
  const lowered = new RegExp(
    `^desired-capacity-set \\{"caller":"bot","nodeGroup":"${group}","from":${to},"to":${from}\\}$`,
  );
  const terminated = new RegExp(`^instance-terminated \\{"caller":"bot","nodeGroup":"${group}","userPods":0\\}$`);
  return [[terminated, CLOSED], [terminated], [lowered]];
}

/** Whether a step is late, and people are told so, depends on how busy the machine is. */
function isOfTheUpgrade(key: string): boolean {
  return !key.startsWith('delay:');
}

/** An edit that never came: people are left with a card that says something else than the end. */
function staleTexts(undisturbed: Evidence, seen: Evidence): string[] {
  return ['card', 'finish']
    .filter((key) => key in seen.texts && seen.texts[key] !== undisturbed.texts[key])
    .map((key) => `${key} ends as "${seen.texts[key]}"`);
}

export function isWell(verdict: Verdict): boolean {
  return verdict.converged && !isLoss(verdict);
}

export function isLoss({ repeatedEffects, lostMessages, doubledMessages }: Verdict): boolean {
  return repeatedEffects.length + lostMessages.length + doubledMessages.length > 0;
}
