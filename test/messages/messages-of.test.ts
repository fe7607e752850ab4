import { describe, expect, it } from 'vitest';
import type { Plan, PlanNote } from '#src/domain/plan.ts';
import type { DelayRecord, Run, StepProgress } from '#src/domain/run.ts';
import type { Message } from '#src/messages/message.ts';
import { messagesOf } from '#src/messages/messages-of.ts';
import {
  APPROVED_AT,
  APPROVER,
  aDrainGate,
  aFailure,
  allDone,
  anActivityGate,
  aPlan,
  aRun,
  aStop,
  failedStep,
  inOrder,
  MINUTE,
  progressUpTo,
  REQUESTER,
  runsInEveryState,
  STARTED_AT,
  startedStep,
} from '#test/support/builders.ts';
import { brokenLimits, readable } from '#test/support/slack-limits.ts';

const options = { approvers: { users: [APPROVER, REQUESTER], groups: ['S0PLATFORM'] } };
const of = (run: Run) => messagesOf(run, options);
const keys = (run: Run) => of(run).map(({ key }) => key);

function message(run: Run, key: string): Message {
  const found = of(run).find((one) => one.key === key);
  if (found === undefined) throw new Error(`no message ${key} among ${keys(run).join(', ')}`);
  return found;
}

const read = (run: Run, key: string) => readable(message(run, key));
const approval = `approval:${aPlan().hash.slice(0, 16)}`;

describe('which messages exist', () => {
  it.each<[Run['state']['kind'], string[]]>([
    ['planning', ['card']],
    ['refused', ['card']],
    ['nothing-to-do', ['card']],
    ['awaiting-approval', ['card', approval]],
    ['rejected', ['card', approval]],
    ['expired', ['card', approval]],
    ['withdrawn', ['card', approval]],
    ['running', ['card', approval, 'start', 'step:preflight', 'step:access', 'step:control-plane-1.23']],
    ['stopped', ['card', approval, 'start', 'step:preflight', 'step:access', 'step:control-plane-1.23', 'failure:1']],
    [
      'aborted',
      ['card', approval, 'start', 'step:preflight', 'step:access', 'step:control-plane-1.23', 'failure:1', 'aborted'],
    ],
  ])('in state %s', (kind, expected) => {
    expect(keys(runsInEveryState()[kind])).toEqual(expected);
  });

  it('no start notice between the approval and the first step', () => {
    expect(keys(aRun('running', { startedAt: null, before: null, steps: {} }))).toEqual(['card', approval]);
  });

  it('one reply a step, and the finish notice, when it succeeded', () => {
    const run = aRun('succeeded');
    expect(keys(run)).toEqual([
      'card',
      approval,
      'start',
      ...(run.plan?.steps.map(({ id }) => `step:${id}`) ?? []),
      'finish',
    ]);
  });

  it('start, finish, failure and the end of an aborted maintenance are shown in the channel, everything else in the thread', () => {
    const shown = Object.values(runsInEveryState()).flatMap((run) =>
      of(run)
        .filter(({ broadcast }) => broadcast)
        .map(({ key }) => key),
    );
    expect(new Set(shown)).toEqual(new Set(['start', 'finish', 'failure:1', 'aborted']));
    expect(
      Object.values(runsInEveryState())
        .flatMap(of)
        .filter(({ parent }) => parent === null)
        .every(({ key }) => key === 'card'),
    ).toBe(true);
  });

  it('every stop and every gate keeps its own reply', () => {
    const steps = progressUpTo(aPlan(), 'control-plane-1.23', failedStep());
    const cause = { kind: 'step-failed', stepId: 'control-plane-1.23', failure: aFailure } as const;
    const retried = { kind: 'retried', by: REQUESTER, at: STARTED_AT + 30 * MINUTE } as const;
    const stops = [
      aStop(cause, retried),
      aStop({ kind: 'stop-requested', decision: { by: APPROVER, at: STARTED_AT } }, retried),
      aStop(cause),
    ];
    expect(keys(aRun('stopped', { steps, stops })).slice(-3)).toEqual(['failure:1', 'stopped:2', 'failure:3']);
  });

  it('the same run has the same messages', () => {
    expect(of(aRun('waiting'))).toEqual(of(aRun('waiting')));
  });
});

describe('a delay', () => {
  const delays = [{ stepId: 'control-plane-1.23', attempt: 1, at: STARTED_AT + 60 * MINUTE }];
  const DONE_LATE: StepProgress = {
    kind: 'done',
    at: STARTED_AT + 182 * MINUTE,
    startedAt: STARTED_AT,
    attempt: 1,
    notes: [],
    evidence: [],
  };
  const waiting = { for: 'EKS to update the control plane to 1.23 (update u1)', since: STARTED_AT };
  const lateRun = (state: 'running' | 'stopped' | 'aborted', progress: StepProgress, id = 'control-plane-1.23') =>
    aRun(state, { steps: progressUpTo(aPlan(), id, progress), delays: [{ ...delays[0], stepId: id } as DelayRecord] });
  const underWay = startedStep(0, { at: STARTED_AT, waiting });

  it('says what is late and waited for, what it means for users, when it ends at the earliest, and what to do', () => {
    const run = lateRun('running', underWay);
    expect(message(run, 'delay:control-plane-1.23')).toMatchObject({ parent: 'card', broadcast: true });
    expect(read(run, 'delay:control-plane-1.23')).toMatchInlineSnapshot(`
      "*The upgrade of coast from 1.22 to 1.24 takes longer than planned.*
      Step 3 of 11, control plane 1.22 → 1.23, is under way since <!date^1673921460^{date_short_pretty} {time}|2023-01-17 02:11 UTC>; about 10 min is usual. Waiting for EKS to update the control plane to 1.23 (update u1), since <!date^1673921460^{date_short_pretty} {time}|2023-01-17 02:11 UTC>.
      *What it means for users*
      Running servers keep running. Starting or stopping a server may fail for a moment; trying again helps.
      The maintenance was to end <!date^1673925240^{date_short_pretty} {time}|2023-01-17 03:14 UTC>. It will not be over before <!date^1673928120^{date_short_pretty} {time}|2023-01-17 04:02 UTC>.
      *What to do*
      Tell users that it takes longer. An update of a control plane can be neither cancelled nor hurried; when it takes hours, ask AWS support and name the update. The bot keeps looking: it goes on by itself, or stops and says why."
    `);
    expect(read(run, 'card')).toContain('longer than usual');
    expect(brokenLimits(message(run, 'delay:control-plane-1.23'))).toEqual([]);
  });

  it('is told once, and is over when the step is done, has failed, is tried again, or the run has ended', () => {
    const texts = [
      lateRun('running', DONE_LATE),
      lateRun('stopped', failedStep()),
      lateRun('running', startedStep(0, { attempt: 2 })),
      lateRun('aborted', underWay),
    ].map((run) => message(run, 'delay:control-plane-1.23').text);
    expect(texts).toMatchInlineSnapshot(`
      [
        "The upgrade of coast from 1.22 to 1.24 was late: step 3 of 11, control plane 1.22 → 1.23, is done after 3 h 2 min; about 10 min is usual.",
        "The upgrade of coast from 1.22 to 1.24 was late: step 3 of 11, control plane 1.22 → 1.23, failed in the end; the failure notice says why.",
        "The upgrade of coast from 1.22 to 1.24 was late: step 3 of 11, control plane 1.22 → 1.23, failed, and is tried again.",
        "The upgrade of coast from 1.22 to 1.24 was late: step 3 of 11, control plane 1.22 → 1.23, was not seen done before the run ended.",
      ]
    `);
  });

  it('has words for every kind of step', () => {
    for (const { id } of aPlan().steps) {
      const run = lateRun('running', startedStep(0, { at: STARTED_AT }), id);
      expect(read(run, `delay:${id}`)).toMatch(/What it means for users.+\..+What to do.+\./s);
    }
  });
});

describe('the card', () => {
  it.each<[Run['state']['kind'], string]>([
    [
      'planning',
      'The upgrade of coast to 1.24 is being planned: looking at the cluster. Nothing is changed before the plan is approved.',
    ],
    [
      'refused',
      'The upgrade of coast from 1.22 to 1.24 is refused: the plan may not run. Nothing was changed. When the reasons are gone, ask again.',
    ],
    [
      'nothing-to-do',
      'coast is at 1.24 already: there is nothing to upgrade. Control plane and node groups were looked at, and nothing was changed.',
    ],
    [
      'awaiting-approval',
      'The upgrade of coast from 1.22 to 1.24 waits for approval. Nothing is changed before that. An approver other than <@U0REQUEST> decides, until <!date^1674007320^{date_short_pretty} {time}|2023-01-18 02:02 UTC>; after that the request expires.',
    ],
    [
      'rejected',
      'The upgrade of coast from 1.22 to 1.24 was rejected by <@U0APPROVE>, <!date^1673921400^{date_short_pretty} {time}|2023-01-17 02:10 UTC>. Nothing was changed.',
    ],
    [
      'expired',
      'The upgrade of coast from 1.22 to 1.24 has expired: nobody decided in time. Nothing was changed. Ask again to have a new plan made.',
    ],
    ['running', 'The upgrade of coast from 1.22 to 1.24 is running: step 3 of 11, control plane 1.22 → 1.23.'],
    [
      'waiting',
      'The upgrade of coast from 1.22 to 1.24 is waiting for a decision since <!date^1673923260^{date_short_pretty} {time}|2023-01-17 02:41 UTC>: the cluster is in use, 3 pods of users (prod: 2, staging: 1). The thread has the buttons to go ahead or to stop. It goes on by itself when none of them is left.',
    ],
    [
      'stopped',
      'The upgrade of coast from 1.22 to 1.24 is stopped: the step "control plane 1.22 → 1.23" failed. The control plane update 8f1c failed: IpNotAvailable: the subnets have too few free IP addresses. The thread has the buttons to go on or to abort.',
    ],
    [
      'succeeded',
      'The upgrade of coast from 1.22 to 1.24 succeeded after 1 h 6 min. Seen afterwards: control plane at 1.24, 4 node groups. Finished <!date^1673925420^{date_short_pretty} {time}|2023-01-17 03:17 UTC>.',
    ],
  ])('says its state to a screen reader: %s', (kind, text) => {
    expect(message(runsInEveryState()[kind], 'card').text).toBe(text);
  });

  it('shows an approver what is deleted and created, the pins, the activity, the times and what users will notice', () => {
    const card = read(aRun('awaiting-approval'), 'card');
    for (const part of [
      '• Create the new core group at 1.24: `core-b`',
      '• Delete 4 groups: `core-a`, `nb-small`, `nb-large`, `dask-worker`',
      '• Create 3 groups at 1.24: `nb-small`, `nb-large`, `dask-worker`',
      '• At 1.23: vpc-cni v1.11.4-eksbuild.1 → v1.12.0-eksbuild.1, kube-proxy and coredns to the version embedded in eksctl',
      '• Nobody: no pods of users were found.',
      '*Steps* (about 1 h 3 min in all)',
      '3. control plane 1.22 → 1.23, about 10 min',
      '3. *Node groups* (about 22 min): they are deleted and created again. Servers on them end, unsaved work is lost',
      'Asked for by <@U0REQUEST>',
    ])
      expect(card).toContain(part);
  });

  it('asks in words before an approval counts', () => {
    expect(read(aRun('awaiting-approval'), 'card')).toContain(
      'coast goes from 1.22 to 1.24, about 1 h 3 min, starting at once. 4 node groups will be deleted: servers on them end. The bot does not take a control plane back.',
    );
  });

  it('names the runbook skew policy as not supported', () => {
    expect(read(aRun('awaiting-approval', { plan: aPlan({ skew: 'runbook' }) }), 'card')).toContain(
      'Kubernetes does not support nodes newer than the control plane.',
    );
  });

  it('shows the reasons of a refusal', () => {
    expect(read(aRun('refused'), 'card')).toContain('*Why*\n• the cluster is UPDATING, not ACTIVE.');
  });

  it('says what changed since an approval that no longer counts', () => {
    const before = aPlan();
    const now = aPlan({
      steps: before.steps.map((step) =>
        step.phase === 'node-groups' && step.action === 'delete'
          ? { ...step, groups: [...step.groups, 'nb-new'] }
          : step,
      ),
    });
    const run = aRun('awaiting-approval', { plan: now, supersededPlan: before });
    expect(read(run, 'card')).toContain(
      '*What is different from the plan that was approved before*\n• New: delete: node group `nb-new`\n',
    );
    expect(message(run, approval).text).toBe(
      'The earlier plan for coast no longer counts, nor does its approval: the cluster has changed since. A new plan is on the card.',
    );
    expect(message(run, `approval:${now.hash.slice(0, 16)}`).text).toContain('<!subteam^S0PLATFORM> <@U0APPROVE>');
  });

  it('has Approve and Reject only while it waits for approval, and Stop only while it runs: a gate has one of its own', () => {
    const labels = Object.entries(runsInEveryState()).map(([kind, run]) => [kind, buttonsOf(message(run, 'card'))]);
    expect(Object.fromEntries(labels.filter(([, buttons]) => buttons?.length !== 0))).toEqual({
      'awaiting-approval': ['Approve', 'Reject'],
      running: ['Stop after this step'],
    });
  });

  it('says who asked to stop, in place of the button', () => {
    const run = aRun('running', { stopRequest: { by: APPROVER, at: APPROVED_AT } });
    expect(buttonsOf(message(run, 'card'))).toEqual([]);
    expect(message(run, 'card').text).toContain('It will stop after this step, as asked for by <@U0APPROVE>');
  });

  it('says what the current step waits for and since when', () => {
    const plan = aPlan();
    const waiting = { for: 'the update 8f1c to 1.23', since: STARTED_AT };
    const run = aRun('running', { steps: progressUpTo(plan, 'control-plane-1.23', startedStep(2, { waiting })) });
    expect(message(run, 'card').text).toContain('Waiting for the update 8f1c to 1.23, since <!date^1673921460^');
    expect(message(run, 'step:control-plane-1.23').text).toBe(
      'Step 3 of 11 is under way: control plane 1.22 → 1.23. Waiting for the update 8f1c to 1.23, since <!date^1673921460^{date_short_pretty} {time}|2023-01-17 02:11 UTC>.',
    );
  });
});

describe('notices', () => {
  it('start: what, how bad, how long', () => {
    expect(message(aRun('running'), 'start').text).toBe(
      'Maintenance of coast begins: Kubernetes upgrade from 1.22 to 1.24. Users will be disrupted, and uptime checks may alert. It should take about 1 h 3 min.',
    );
    expect(read(aRun('running'), 'start')).toContain('Asked for by <@U0REQUEST>, approved by <@U0APPROVE>');
  });

  it('start stays the same until the end', () => {
    expect(message(aRun('running'), 'start')).toEqual(message(aRun('succeeded'), 'start'));
  });

  it('finish: versions before and after, how long, and the commit', () => {
    const finish = message(aRun('succeeded'), 'finish');
    expect(finish.text).toBe(
      'Maintenance of coast is finished: the upgrade from 1.22 to 1.24 succeeded after 1 h 6 min. The changed config is in git.',
    );
    for (const part of [
      '• Control plane: 1.22 → 1.24',
      '• Node groups: 4 at 1.22 (2 nodes) → 4 at 1.24 (2 nodes)',
      '• New: `core-b`',
      '• Gone: `core-a`',
      '• branch eks-upgrade/coast-1.24 is at commit 9d3f1a7c on the remote',
    ]) {
      expect(readable(finish)).toContain(part);
    }
  });

  it('finish does not call an unpushed config committed', () => {
    expect(message(aRun('succeeded-uncommitted'), 'finish').text).toBe(
      'Maintenance of coast is finished: the upgrade from 1.22 to 1.24 succeeded after 1 h 6 min. The changed config is not in git: The remote refused the branch eks-upgrade/coast-1.24.',
    );
  });

  it('failure: the cause, the state of the cluster, what it means and what to do', () => {
    const failure = message(aRun('stopped'), 'failure:1');
    expect(failure.text).toBe(
      'The upgrade of coast from 1.22 to 1.24 stopped: the step "control plane 1.22 → 1.23" failed. Cause: The control plane update 8f1c failed: IpNotAvailable: the subnets have too few free IP addresses. What to do: Free at least 5 IP addresses in each of the cluster\'s subnets, then press Retry.',
    );
    for (const part of [
      '• The control plane was at 1.22; its update to 1.23 is not confirmed.',
      '• No node group is missing.',
      '• Done (2 of 11):',
      '• Not begun (8 of 11):',
      'Running servers keep running',
    ]) {
      expect(readable(failure)).toContain(part);
    }
    expect(buttonsOf(failure)).toEqual(['Retry', 'Abort']);
  });

  it('failure: names the groups that are not there', () => {
    const failure = read(stoppedAt('node-groups-1.24-create-others', null), 'failure:1');
    expect(failure).toContain(
      '*Not there now:* node groups `nb-small`, `nb-large`, `dask-worker` were deleted and are not created again yet.',
    );
    expect(failure).toContain(
      'Servers that run on `nb-small`, `nb-large`, `dask-worker` cannot start until these groups are back.',
    );
    expect(failure).toContain(
      'Created again first, as far as they are missing: nb-small, nb-large, dask-worker at 1.22. Then the run ends',
    );
  });

  it('failure: does not claim to know what a command did that was not seen to end', () => {
    expect(read(stoppedAt('node-groups-1.24-create-others', 'node-groups-1.24-create-others'), 'failure:1')).toContain(
      '*Not certain:* the deletion or creation of node groups `nb-small`, `nb-large`, `dask-worker` began and was not seen to end.',
    );
  });

  it('failure: of groups whose creation was not seen to end it says which are there, and what that is worth', () => {
    const run = stoppedAt('node-groups-1.24-create-others', 'node-groups-1.24-create-others');
    const group = (name: string, status = 'CREATE_COMPLETE') => ({
      name,
      status,
      isWhole: status === 'CREATE_COMPLETE',
    });
    const groups = [group('core-b'), group('dask-worker', 'ROLLBACK_COMPLETE'), group('nb-large'), group('nb-small')];
    const sight = { at: Date.now(), kind: 'seen', version: '1.24', status: 'ACTIVE', groups } as const;
    const failure = read({ ...run, sight: { ...sight, groups } }, 'failure:1');
    expect(failure).toContain('Seen: `dask-worker` ROLLBACK_COMPLETE; `nb-large`, `nb-small` CREATE_COMPLETE.');
    expect(failure).toContain('Servers that run on `dask-worker` cannot start until this group is back.');
    expect(failure).toContain(
      'on `nb-small`, `nb-large` may fail to start: these groups are there, but not seen to work yet.',
    );
    expect(failure).toContain('creates what is missing of `nb-small`, `nb-large`, `dask-worker` at 1.22');
  });

  it('failure: a deletion whose command was never asked for has deleted nothing', () => {
    expect(read(stoppedAt('node-groups-1.24-delete', null), 'failure:1')).toContain('No node group is missing.');
  });

  it('failure: the core group is not called missing', () => {
    expect(read(stoppedAt('node-groups-1.24-delete', 'node-groups-1.24-delete'), 'failure:1')).not.toContain(
      '`core-a`',
    );
  });

  it('failure: what to do names the button as it is', () => {
    const failure = { ...aFailure, code: 'AwsCredentialsExpired', remedy: 'Give it others, then press Retry' };
    const steps = progressUpTo(aPlan(), 'control-plane-1.23', failedStep(0, failure));
    const stops = [aStop({ kind: 'step-failed', stepId: 'control-plane-1.23', failure })];
    expect(message(aRun('stopped', { steps, stops }), 'failure:1').text).toContain(
      'What to do: Give it others, then press Check again.',
    );
  });

  it('failure: access is checked again rather than retried', () => {
    expect(buttonsOf(message(aRun('stopped', { plan: null }), 'failure:1'))).toEqual(['Check again', 'Abort']);
  });

  it('failure: says who pressed what, and takes the buttons away', () => {
    const aborted = message(aRun('aborted'), 'failure:1');
    expect(aborted.text).toContain('The run was aborted by <@U0REQUEST>, <!date^1673923860^');
    expect(buttonsOf(aborted)).toEqual([]);
  });

  it('an aborted run tells everybody that the maintenance is over and what is left', () => {
    expect(message(aRun('aborted'), 'aborted').text).toBe(
      'Maintenance of coast is over: the upgrade from 1.22 to 1.24 was aborted by <@U0REQUEST>, <!date^1673923860^{date_short_pretty} {time}|2023-01-17 02:51 UTC>. The bot changes nothing more, and nothing was undone. No node group is missing: servers can be started as usual.',
    );
  });
});

describe('gates and stops', () => {
  it('a gate names who is asked, and has its two buttons', () => {
    const gate = message(aRun('waiting'), 'gate:1');
    expect(gate.text).toContain('coast is in use: 3 pods of users (prod: 2, staging: 1).');
    expect(gate.text).toContain('<@U0REQUEST> <!subteam^S0PLATFORM> <@U0APPROVE>');
    expect(buttonsOf(gate)).toEqual(['Go ahead (3 servers die)', 'Stop']);
  });

  it('a drain that is in the way names the pod and its budget, what it means, and its three buttons', () => {
    const run = aRun('waiting', { gates: [aDrainGate('node-groups-1.24-delete')] });
    const gate = message(run, 'gate:1');
    expect(gate.text).toContain(
      'coast: the pod `prod/hub-6b7f-x2x9k` does not leave the old core node group `core-a`.',
    );
    expect(gate.text).toContain('is held by the PodDisruptionBudget `hub`, which lets none of its pods go now.');
    expect(gate.text).toContain('nothing is deleted');
    expect(buttonsOf(gate)).toEqual(['Wait longer', 'Force', 'Stop']);
    expect(message(run, 'card').text).toContain(
      'the pod `prod/hub-6b7f-x2x9k` does not leave the old core node group `core-a`.',
    );
  });

  it('a passed gate keeps the reason, escaped', () => {
    const passed = anActivityGate('node-groups-1.24-delete', {
      kind: 'passed',
      by: APPROVER,
      at: STARTED_AT,
      reason: 'told <!everyone> & waited',
    });
    const run = aRun('running', { steps: progressUpTo(aPlan(), 'node-groups-1.24-delete'), gates: [passed] });
    expect(message(run, 'gate:1').text).toContain('for this reason: told &lt;!everyone&gt; &amp; waited');
    expect(buttonsOf(message(run, 'gate:1'))).toEqual([]);
  });

  it('an abort at a gate leaves the step named as not finished', () => {
    const abort = { by: REQUESTER, at: STARTED_AT + 40 * MINUTE };
    const run = aRun('aborted', {
      steps: progressUpTo(aPlan(), 'node-groups-1.24-delete'),
      gates: [anActivityGate('node-groups-1.24-delete', { kind: 'aborted', ...abort })],
      stops: [],
    });
    expect(message(run, 'step:node-groups-1.24-delete').text).toContain('Step 7 of 11 is not finished');
    expect(message(run, 'aborted').text).toContain('No node group is missing');
  });

  it('a requested stop is no notice and can be continued', () => {
    const steps = progressUpTo(aPlan(), 'access', {
      kind: 'done',
      at: 1,
      startedAt: 0,
      attempt: 1,
      notes: [],
      evidence: [],
    });
    const stop = message(
      aRun('stopped', {
        steps,
        stops: [aStop({ kind: 'stop-requested', decision: { by: 'shell:maya', at: STARTED_AT } })],
      }),
      'stopped:1',
    );
    expect(stop.broadcast).toBe(false);
    expect(stop.text).toContain('is stopped as asked for by maya (from a shell), ');
    expect(buttonsOf(stop)).toEqual(['Continue', 'Abort']);
  });
});

describe('within the limits of Slack', () => {
  const everyState = Object.entries(runsInEveryState());

  it.each(everyState)('%s', (_, run) => {
    expect(of(run).flatMap(brokenLimits)).toEqual([]);
  });

  it.each(bigRuns())('with 20 node groups, 5 hops and long texts: %s', (_, run) => {
    expect(of(run).flatMap(brokenLimits)).toEqual([]);
  });

  it('shows a plan that the card cannot hold in full in the thread, and says so on the card', () => {
    const run = bigRuns()[0]?.[1] as Run;
    expect(read(run, 'card')).toContain('It stands in full in the thread: read it there before you decide.');
    const thread = of(run)
      .filter(({ key }) => key.startsWith('plan:'))
      .map(readable)
      .join('\n');
    for (let i = 0; i < 10; i++) expect(thread).toContain(`Warning number ${i}`);
    expect(thread.match(/• Delete 20 groups: (`[^`]+`(, )?){20}/g)).toHaveLength(5);
    expect(thread).toContain('20. add-ons for 1.27');
    expect(thread).not.toMatch(/more (lines|characters)/);
  });

  it('needs no second place for a plan of the usual size', () => {
    expect(keys(aRun('awaiting-approval')).filter((key) => key.startsWith('plan:'))).toEqual([]);
  });

  it('escapes what comes from outside, everywhere', () => {
    const evil = '<!channel> & `<@U1>` ```x```';
    const failure = { code: 'X', message: evil, remedy: evil, detail: evil };
    const plan = aPlan({ warnings: [{ id: 'w', text: evil }] });
    const steps = progressUpTo(plan, 'control-plane-1.23', { ...failedStep(2, failure), notes: [evil] });
    const run = aRun('stopped', {
      plan,
      approval: { by: APPROVER, at: APPROVED_AT, planHash: plan.hash },
      steps,
      stops: [aStop({ kind: 'step-failed', stepId: 'control-plane-1.23', failure })],
    });
    const all = [...of(run), ...of(aRun('awaiting-approval', { plan }))];
    for (const one of all) expect(`${one.text}\n${readable(one)}`).not.toMatch(/<!channel>|<@U1>/);
  });
});

function buttonsOf({ blocks }: Message): string[] {
  type Element = { type: string; text: { text: string } };
  return blocks
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => (elements as Element[]).map(({ text }) => text.text));
}

function stoppedAt(stepId: string, commandFor: string | null): Run {
  const plan = aPlan();
  const steps = progressUpTo(plan, stepId, failedStep(6));
  const command: Run['command'] =
    commandFor === null
      ? null
      : {
          id: 'c1',
          stepId: commandFor,
          attempt: 1,
          args: [],
          state: { kind: 'ended', at: STARTED_AT, outcome: { kind: 'lost' } },
        };
  return aRun('stopped', { steps, command, stops: [aStop({ kind: 'step-failed', stepId, failure: aFailure })] });
}

function bigRuns(): [string, Run][] {
  const plan = bigPlan();
  const approvalOfBig = { by: APPROVER, at: APPROVED_AT, planHash: plan.hash };
  const failure = {
    code: 'StackRolledBack',
    message: 'm & '.repeat(2000),
    remedy: 'r < '.repeat(2000),
    detail: 'line with <angle> brackets\n'.repeat(5000),
  };
  const failedId = plan.steps.at(-3)?.id ?? '';
  const base = { plan, to: plan.to, approval: approvalOfBig, startedAt: STARTED_AT };
  const steps = progressUpTo(plan, failedId, failedStep(9, failure));
  const snapshot = {
    version: plan.to,
    nodeGroups: twentyGroups().map((name) => ({ name, kind: 'self-managed' as const, version: plan.to, nodes: 3 })),
    addons: [],
  };
  const noisy = Object.fromEntries(
    Object.entries(allDone(plan)).map(([id, progress]) => [
      id,
      { ...progress, notes: Array(50).fill('note & '.repeat(80)) },
    ]),
  ) as Run['steps'];
  return [
    ['awaiting-approval', aRun('awaiting-approval', { plan, to: plan.to, supersededPlan: aPlan({ to: plan.to }) })],
    [
      'stopped',
      aRun('stopped', { ...base, steps, stops: [aStop({ kind: 'step-failed', stepId: failedId, failure })] }),
    ],
    ['succeeded', aRun('succeeded', { ...base, steps: noisy, before: snapshot, after: snapshot })],
  ];
}

function twentyGroups(): string[] {
  return Array.from({ length: 20 }, (_, i) => `notebook-group-with-a-very-long-name-${i}-${'x'.repeat(20)}`);
}

function bigPlan(): Plan {
  const groups = twentyGroups();
  const versions = ['1.23', '1.24', '1.25', '1.26', '1.27'] as const;
  const warnings: PlanNote[] = Array.from({ length: 10 }, (_, i) => ({
    id: `w${i}`,
    text: `Warning number ${i} ${'and a long explanation with <brackets> '.repeat(18)}`,
  }));
  const addons = ['vpc-cni', 'coredns', 'kube-proxy', 'aws-ebs-csi-driver'].map((name) => ({
    kind: 'eks' as const,
    name,
    from: 'v1.11.4-eksbuild.1',
    to: 'v1.12.0-eksbuild.1',
  }));
  const steps = inOrder(
    versions.flatMap((version, i) => [
      {
        id: `control-plane-${version}`,
        phase: 'control-plane',
        from: versions[i - 1] ?? '1.22',
        to: version,
        expectedMinutes: 10,
      } as const,
      {
        id: `node-groups-${version}-delete`,
        phase: 'node-groups',
        version,
        action: 'delete',
        groups,
        renames: [],
        expectedMinutes: 12,
      } as const,
      {
        id: `node-groups-${version}-create`,
        phase: 'node-groups',
        version,
        action: 'create',
        role: 'others',
        groups,
        renames: [],
        expectedMinutes: 12,
      } as const,
      { id: `add-ons-${version}`, phase: 'add-ons', version, addons, expectedMinutes: 5 } as const,
    ]),
  );
  return aPlan({
    to: '1.27',
    steps,
    warnings,
    activity: { total: 400, byNamespace: Object.fromEntries(groups.map((name) => [`ns-${name}`, 20])) },
  });
}
