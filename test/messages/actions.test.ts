import { expect, it } from 'vitest';
import { decisionValue, gateValue, parsePair } from '#src/messages/actions.ts';
import { aPlan, aRun } from '#test/support/builders.ts';

const run = aRun('awaiting-approval');

it('ties a decision to a run and its plan', () => {
  const plan = aPlan();
  expect(parsePair(decisionValue(run, plan))).toEqual({ runId: run.id, rest: plan.hash.slice(0, 16) });
});

it('keeps the dots of a step id', () => {
  expect(parsePair(gateValue(run, 'control-plane-1.23'))).toEqual({ runId: run.id, rest: 'control-plane-1.23' });
});

it.each(['', '.', 'run', 'run.', '.rest'])('finds no pair in "%s"', (value) => {
  expect(parsePair(value)).toBeUndefined();
});
