import { describe, expect, it } from 'vitest';
import type { ConfigInGit } from '#src/domain/config-state.ts';
import type { Run, StopCause } from '#src/domain/run.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import {
  aFailure,
  allDone,
  aPlan,
  aRun,
  aStop,
  failedStep,
  MINUTE,
  progressUpTo,
  STARTED_AT,
} from '#test/support/builders.ts';
import { brokenLimits, readable } from '#test/support/slack-limits.ts';

const BRANCH = 'eks-upgrade/coast-1.24';
const LINK = `https://github.com/org/clusters/tree/${BRANCH}`;

function inGit(changes: Partial<ConfigInGit> = {}): ConfigInGit {
  const state = { version: '1.23', renames: [{ from: 'core-a', to: 'core-b' }] } as const;
  const pushed = {
    sequence: 2,
    commit: 'c'.repeat(40),
    state: { ...state, renames: [...state.renames] },
    stepIds: ['control-plane-1.23'],
  };
  return { branch: BRANCH, link: LINK, pushed, failure: null, ...changes };
}

function read(run: Run, key: string): string {
  const found = messagesOf(run, { approvers: { users: [], groups: [] } }).find((one) => one.key === key);
  if (found === undefined) throw new Error(`there is no message ${key}`);
  expect(brokenLimits(found)).toEqual([]);
  return readable(found);
}

/** Its second hop is done, and what came then failed. */
function stoppedAfterHop(kind: 'stopped' | 'aborted', configInGit?: ConfigInGit): Run {
  const plan = aPlan();
  const stepId = 'add-ons-1.24';
  const cause: StopCause = { kind: 'step-failed', stepId, failure: aFailure };
  const abort = { by: 'U0REQUEST', at: STARTED_AT + 40 * MINUTE };
  return aRun(kind, {
    plan,
    steps: progressUpTo(plan, stepId, failedStep(9)),
    stops: [kind === 'stopped' ? aStop(cause) : aStop(cause, { kind: 'aborted', ...abort })],
    ...(configInGit === undefined ? {} : { configInGit }),
  });
}

const away = { why: 'cannot push branch: Connection refused', at: STARTED_AT + 9 * MINUTE, tries: 1 };

describe('the config in git', () => {
  it('is linked in a failure notice, with what it says', () => {
    expect(read(aRun('stopped', { configInGit: inGit() }), 'failure:1')).toContain(
      `The branch <${LINK}|${BRANCH}> says 1.23 and \`core-b\` in place of \`core-a\`, as it is in the cluster.`,
    );
  });

  it('is named where its page is not known', () => {
    expect(read(aRun('stopped', { configInGit: inGit({ link: null }) }), 'failure:1')).toContain(`\`${BRANCH}\` says`);
  });

  it('is not spoken of before anything of the run belongs there', () => {
    expect(read(aRun('stopped'), 'failure:1')).not.toContain('Config in git');
  });

  it('that could not be pushed is said on the card while the upgrade goes on', () => {
    const plan = aPlan();
    const steps = progressUpTo(plan, 'add-ons-1.23');
    const run = aRun('running', { plan, steps, configInGit: inGit({ pushed: null, failure: away }) });
    expect(read(run, 'card')).toContain('Connection refused. It is tried again; the upgrade does not wait for it.');
  });

  it('is said to be on its way while a stop or an abort is ahead of it', () => {
    const first = stoppedAfterHop('stopped');
    expect(read(first, 'failure:1')).toContain(`The newest state is being pushed to the branch \`${BRANCH}\`.`);
    const behind = read({ ...first, configInGit: inGit() }, 'failure:1');
    expect(behind).toContain('says 1.23 and `core-b` in place of `core-a`.');
    expect(behind).toContain(`The newest state is being pushed to <${LINK}|${BRANCH}>.`);
    const once = read(stoppedAfterHop('aborted', inGit({ failure: away })), 'aborted');
    expect(once, 'it is tried once more after an abort').toContain('could not be pushed yet');
  });

  it('is said in the aborted notice, with what the next upgrade waits for', () => {
    const tooLate = { ...away, at: STARTED_AT + 41 * MINUTE };
    const text = read(stoppedAfterHop('aborted', inGit({ failure: tooLate })), 'aborted');
    expect(text).toContain(`The branch <${LINK}|${BRANCH}> says 1.23`);
    expect(text).toContain('The newest state was not pushed');
    expect(text).not.toContain('It is tried again');
    expect(text).toContain('until then the next upgrade of this cluster is refused');
  });

  it('is linked in the finish notice', () => {
    const plan = aPlan();
    expect(read(aRun('succeeded', { plan, steps: allDone(plan), configInGit: inGit() }), 'finish')).toContain(LINK);
  });
});

describe('an upgraded cluster that is not healthy', () => {
  const plan = aPlan();
  const failure = {
    code: 'NotHealthy',
    headline: 'upgraded, 2 workloads are not back',
    message:
      'the cluster is upgraded to 1.24, but after 10 minutes not all that was healthy before is healthy again: 2 workloads are not back: Deployment prod/hub (0 of 1 ready), StatefulSet prod/db (1 of 3 ready)',
    remedy: 'See why what is named does not come back (its events and logs) and repair it, then press Retry',
    detail: null,
  };
  const run = aRun('stopped', {
    plan,
    steps: progressUpTo(plan, 'verify', failedStep(9, failure)),
    stops: [aStop({ kind: 'step-failed', stepId: 'verify', failure })],
  });

  it('says so first, with the names, what it means, and Check again', () => {
    const text = read(run, 'failure:1');
    expect(text).toContain('*coast is at 1.24: upgraded, 2 workloads are not back.*');
    expect(text).toContain('Deployment prod/hub (0 of 1 ready), StatefulSet prod/db (1 of 3 ready)');
    expect(text).toContain('what is not well is missing for users until it is');
    expect(text).toContain('then press Check again');
  });

  it('says so on the card', () => {
    expect(read(run, 'card')).toContain(
      'The upgrade of coast from 1.22 to 1.24 is stopped: upgraded, 2 workloads are not back.',
    );
  });

  it('is told so when it is aborted', () => {
    const aborted = { by: 'U0REQUEST', at: STARTED_AT + 90 * MINUTE };
    const left = aRun('aborted', {
      plan,
      steps: run.steps,
      state: { kind: 'aborted', decision: aborted },
      endedAt: aborted.at,
      stops: run.stops.map((stop) => ({ ...stop, resolution: { kind: 'aborted', ...aborted } })),
    });
    expect(read(left, 'aborted')).toContain(
      'The cluster is upgraded, 2 workloads are not back: what is not well is missing for users',
    );
  });
});
