import { describe, expect, it } from 'vitest';
import type { Plan } from '#src/domain/plan.ts';
import { planUpgrade } from '#src/domain/plan-upgrade.ts';
import type { SkewPolicy } from '#src/domain/skew.ts';
import { type KubernetesVersion, versionOfMinor } from '#src/domain/version.ts';
import { brokenPromises, rotationsIn } from '#test/support/model-cluster.ts';
import { aGroup, aRequest } from '#test/support/observations.ts';

const CORE = ['core-*'];
const minors = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function planOf(
  from: KubernetesVersion,
  to: KubernetesVersion,
  skew: SkewPolicy,
  versions: KubernetesVersion[],
): { plan: Plan; broken: string[] } | null {
  const [core = from, other = from, managed = from] = versions;
  const groups = [aGroup('core-b', core), aGroup('nb', other), aGroup('gpu', managed, { kind: 'managed' })];
  const request = aRequest(to, { version: from, groups, skew });
  const planned = planUpgrade(request);
  if (planned.kind !== 'plan') return null;
  const refused = planned.plan.refusals.map(({ id }) => `refused: ${id}`);
  return { plan: planned.plan, broken: [...refused, ...brokenPromises(planned.plan, request.observation, CORE)] };
}

/** Versions of the core group, another one and a managed one: from three minors behind to one ahead. */
function mixes(from: number, to: number): KubernetesVersion[][] {
  const versions = minors(from - 3, Math.min(from + 1, to)).map(versionOfMinor);
  const managed = [versionOfMinor(from - 2), versionOfMinor(from)];
  return versions.flatMap((core) => versions.flatMap((other) => managed.map((group) => [core, other, group])));
}

describe('every plan keeps its promises, step by step', () => {
  it.each(['supported', 'runbook'] as const)(
    '%s: to up to five minors on, with groups older, level or ahead',
    (skew) => {
      const failures: string[] = [];
      let plans = 0;
      // Around 1.25, where kubelets may be three minors older instead of two.
      for (const from of minors(21, 26)) {
        for (const to of minors(from, from + 5)) {
          for (const versions of mixes(from, to)) {
            const result = planOf(versionOfMinor(from), versionOfMinor(to), skew, versions);
            if (result === null) continue;
            plans += 1;
            failures.push(
              ...result.broken.map((promise) => `1.${from} → 1.${to} with ${versions.join(', ')}: ${promise}`),
            );
          }
        }
      }
      expect(plans).toBeGreaterThan(1200);
      expect(failures.slice(0, 5)).toEqual([]);
    },
  );

  it('runbook goes ahead only where that saves a rotation, and never needs more', () => {
    const wrong: string[] = [];
    for (const from of minors(19, 31)) {
      for (const to of minors(from + 1, Math.min(from + 5, 36))) {
        const level = Array.from({ length: 3 }, () => versionOfMinor(from));
        const supported = planOf(versionOfMinor(from), versionOfMinor(to), 'supported', level)?.plan;
        const runbook = planOf(versionOfMinor(from), versionOfMinor(to), 'runbook', level)?.plan;
        if (supported === undefined || runbook === undefined) throw new Error('there is a plan for every upgrade');
        const saves = runbook.skew === 'runbook' && rotationsIn(runbook) < rotationsIn(supported);
        const isTheSame = runbook.skew === 'supported' && runbook.hash === supported.hash;
        if (!saves && !isTheSame) wrong.push(`1.${from} → 1.${to}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
