import { describe, expect, it } from 'vitest';
import type { Run } from '#src/domain/run.ts';
import { card } from '#src/messages/card.ts';
import { cardState } from '#src/messages/card-state.ts';
import type { PlannedRun } from '#src/messages/message.ts';
import { stepReplies } from '#src/messages/step-reply.ts';
import { stopReplies } from '#src/messages/stop-replies.ts';
import {
  aFailure,
  anActivityGate,
  aPlan,
  aRun,
  aStop,
  failedStep,
  progressUpTo,
  REQUESTER,
  STARTED_AT,
  startedStep,
} from '#test/support/builders.ts';

const ADD_ONS = 'add-ons-1.24';
const CORE = 'node-groups-1.24-create-core';
const HOP = 'control-plane-1.24';

const steps = aPlan().steps;
const until = steps.findIndex(({ id }) => id === HOP) + 1;
const plan = aPlan({
  steps: [
    ...steps.slice(0, until),
    ...steps.filter(({ id }) => id === ADD_ONS || id === CORE).map((step) => ({ ...step, after: [HOP] })),
  ],
});
const since = { for: 'its turn', since: STARTED_AT };
const done = { kind: 'done', at: STARTED_AT, startedAt: STARTED_AT, attempt: 1, notes: [], evidence: [] } as const;
const before = { ...progressUpTo(plan, HOP), [HOP]: { ...done, notes: [], evidence: [] } };

function inBoth(changes: Partial<Run> = {}): PlannedRun {
  const both = { [CORE]: startedStep(0, { waiting: since }), [ADD_ONS]: startedStep(0, { memory: { a: 'b' } }) };
  return aRun('running', { plan, ...changes, steps: { ...before, ...both, ...changes.steps } }) as PlannedRun;
}

/** The add-ons failed while the core group is being created. */
function failing(): PlannedRun {
  const core = startedStep(0, { memory: { roles: 'r' }, waiting: since });
  const stop = aStop({ kind: 'step-failed', stepId: ADD_ONS, failure: aFailure });
  return inBoth({ steps: { [CORE]: core, [ADD_ONS]: failedStep(0) }, stops: [stop] });
}

const textOf = (blocks: unknown): string => JSON.stringify(blocks);

describe('a card with two steps under way', () => {
  it('names both, and what each waits for', () => {
    const { headline, text } = cardState(inBoth());
    expect(headline).toBe(
      'The upgrade of coast from 1.22 to 1.24 is running: steps 6 and 7 of 7, node groups: create core-b at 1.24; and add-ons for 1.24: kube-proxy, coredns.',
    );
    expect(text).toContain('Node groups: create core-b at 1.24: waiting for its turn, since');
  });

  it('says that both are finished before it stops, when somebody asked for that', () => {
    const { text } = cardState(inBoth({ stopRequest: { by: REQUESTER, at: STARTED_AT } }));
    expect(text).toContain('It will stop after these steps, as asked for by');
  });

  it('names the time left as that of the longer one', () => {
    expect(textOf(card(inBoth()).blocks)).toContain('about 8 min left');
  });
});

describe('a gate of one of two steps', () => {
  it('is shown on that step only', () => {
    const run = { ...inBoth(), state: { kind: 'waiting' }, gates: [anActivityGate(CORE)] } as PlannedRun;
    const texts = stepReplies(run).map(({ text }) => text);
    expect(texts.find((text) => text.includes('create core-b'))).toContain('is waiting for a decision');
    expect(texts.find((text) => text.includes('add-ons for 1.24'))).toContain('is under way');
  });
});

describe('a step that failed while another one is at work', () => {
  it('is on the card at once, with what is seen to its end first, and without a button that does nothing', () => {
    const { headline, text } = cardState(failing());
    expect(headline).toBe(
      'The upgrade of coast from 1.22 to 1.24 is about to stop: the step "add-ons for 1.24: kube-proxy, coredns" failed.',
    );
    expect(text).toContain(
      'Nothing new begins. What is at work is seen to its end first, then it is up to you: node groups: create core-b at 1.24.',
    );
    expect(textOf(card(failing()).blocks)).not.toContain('"button"');
  });

  it('has its notice at once; the buttons come when the run has stopped', () => {
    const [notice] = stopReplies(failing());
    expect(notice).toMatchObject({ key: 'failure:1', broadcast: true });
    expect(textOf(notice?.blocks)).toContain('What is at work is seen to its end first');
    expect(textOf(notice?.blocks)).not.toContain('"button"');
    const [stopped] = stopReplies({ ...failing(), state: { kind: 'stopped' } });
    expect(textOf(stopped?.blocks)).toContain('"button"');
  });

  it('says how the cluster stands in both notices, when the other one failed too: somebody may read only one', () => {
    const second = aStop({ kind: 'step-failed', stepId: CORE, failure: aFailure });
    const run: Run = { ...failing(), state: { kind: 'stopped' }, stops: [...failing().stops, second] };
    for (const { blocks } of stopReplies(run)) expect(textOf(blocks)).toContain('The control plane is at 1.24.');
  });

  it('has the buttons once, when the other one failed too', () => {
    const second = aStop({ kind: 'step-failed', stepId: CORE, failure: aFailure });
    const run: Run = { ...failing(), state: { kind: 'stopped' }, stops: [...failing().stops, second] };
    const buttons = stopReplies(run).map(({ blocks }) => textOf(blocks).includes('"button"'));
    expect(buttons).toEqual([false, true]);
  });
});
