import { describe, expect, it } from 'vitest';
import { pendingState } from '#src/domain/config-state.ts';
import { evolve } from '#src/domain/evolve.ts';
import type { Plan, Rename, Step, StepId } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import { allDone, aPlan, aRun, inOrder, MINUTE, progressUpTo, STARTED_AT } from '#test/support/builders.ts';

const DELETE = 'node-groups-1.24-delete';
const SWAPPED = [{ from: 'core-a', to: 'core-b' }];

/** A run that has come to this step, of which nothing is in git. */
function at(stepId: StepId, plan: Plan = aPlan()): Run {
  return aRun('running', { plan, steps: progressUpTo(plan, stepId) });
}

/** As it is when all that is pending was pushed, one after the other; and what that was. */
function allPushed(run: Run): { run: Run; states: string[] } {
  const states: string[] = [];
  let current = run;
  for (let pending = pendingState(current); pending !== null; pending = pendingState(current)) {
    const { version, renames } = pending.state;
    states.push([version, ...renames.map(({ from, to }) => `${from} → ${to}`)].join(' '));
    const place = { branch: 'b', link: null, commit: `c${pending.sequence}` };
    current = evolve(current, { kind: 'config-pushed', at: 0, by: 'bot', ...place, ...pending });
  }
  return { run: current, states };
}

describe('what is to be pushed', () => {
  it('is nothing before the first hop is done', () => {
    expect(pendingState(at('control-plane-1.23'))).toBeNull();
    expect(pendingState(aRun('awaiting-approval'))).toBeNull();
  });

  it('is the version of each hop as soon as it is done, in order and once', () => {
    expect(pendingState(at('add-ons-1.23'))).toEqual({
      sequence: 1,
      state: { version: '1.23', renames: [] },
      stepIds: ['control-plane-1.23'],
    });
    const { run, states } = allPushed(at('node-groups-1.24-create-core'));
    expect(states).toEqual(['1.23', '1.24']);
    expect(run.configInGit?.pushed).toMatchObject({ sequence: 2, commit: 'c2' });
  });

  it('is the core group’s new name when the old one is gone, not while both are there', () => {
    expect(allPushed(at(DELETE)).states).toEqual(['1.23', '1.24']);
    expect(allPushed(at('node-groups-1.24-create-others')).states).toEqual(['1.23', '1.24', '1.24 core-a → core-b']);
  });

  it('is in the end what the step that commits the config says', () => {
    const plan = aPlan();
    const last = plan.steps.at(-1);
    const { run } = allPushed(aRun('succeeded', { plan, steps: allDone(plan) }));
    expect(run.configInGit?.pushed?.state).toEqual(
      last?.phase === 'commit-config' ? { version: last.version, renames: last.renames } : null,
    );
  });

  it('is the name that two swaps lead back to', () => {
    const common = { phase: 'node-groups', expectedMinutes: 1 } as const;
    const swap = (version: '1.23' | '1.24', [fresh, old]: [string, string], renames: Rename[]): Step[] => [
      {
        id: `create-${version}`,
        after: [],
        ...common,
        version,
        action: 'create',
        role: 'core',
        groups: [fresh],
        renames,
      },
      { id: `delete-${version}`, after: [], ...common, version, action: 'delete', groups: [old], renames: [] },
    ];
    const plan = aPlan({
      steps: inOrder([
        ...swap('1.23', ['core-b', 'core-a'], SWAPPED),
        ...swap('1.24', ['core-a', 'core-b'], []),
        { id: 'verify', phase: 'verify', version: '1.24', nodeGroups: [], expectedMinutes: 1 },
      ]),
    });
    expect(allPushed(at('verify', plan)).states).toEqual(['1.22 core-a → core-b', '1.22']);
  });
});

describe('at a stop', () => {
  const seen = (groups: Record<string, boolean>, version = '1.23' as const): Run => {
    const run = aRun('stopped');
    return {
      ...run,
      sight: {
        kind: 'seen',
        at: STARTED_AT + 60 * MINUTE,
        version,
        status: 'ACTIVE',
        groups: Object.entries(groups).map(([name, isWhole]) => ({ name, status: 'CREATE_COMPLETE', isWhole })),
      },
    };
  };

  it('is what was seen, also where a step failed that took effect', () => {
    expect(allPushed(seen({ 'core-a': true })).states).toEqual(['1.23']);
    expect(allPushed(seen({ 'core-a': false, 'core-b': true })).states).toEqual(['1.23 core-a → core-b']);
  });

  it('a core group keeps its name while both are there, or none is', () => {
    expect(allPushed(seen({ 'core-a': true, 'core-b': true })).states).toEqual(['1.23']);
    expect(allPushed(seen({})).states).toEqual(['1.23']);
  });

  it('is nothing new when nobody could look', () => {
    expect(pendingState(aRun('stopped'))).toBeNull();
  });

  it('the run goes on from there, without saying the same twice', () => {
    const { run } = allPushed(seen({ 'core-a': true }));
    const later = { ...run, state: { kind: 'running' as const }, steps: progressUpTo(aPlan(), 'add-ons-1.23') };
    expect(pendingState(later)).toEqual({
      sequence: 2,
      state: { version: '1.23', renames: [] },
      stepIds: ['control-plane-1.23'],
    });
  });
});
