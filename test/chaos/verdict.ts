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
 * counts is that the sleeper has taken it back. One that stays raised is a repeated effect.
 */
function withoutTakenBack(effects: readonly string[]): string[] {
  const left = [...effects];
  for (const effect of effects) {
    const back = inverse(effect);
    if (back === null || !left.includes(effect) || !left.includes(back)) continue;
    left.splice(left.indexOf(effect), 1);
    left.splice(left.indexOf(back), 1);
  }
  return left;
}

function inverse(effect: string): string | null {
  const [, before, from, to] = /^(desired-capacity-set .*)"from":(\d+),"to":(\d+)\}$/.exec(effect) ?? [];
  return before === undefined ? null : `${before}"from":${to},"to":${from}}`;
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
