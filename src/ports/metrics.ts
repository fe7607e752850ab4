import type { Phase } from '#src/domain/plan.ts';
import type { CommandOutcome, RunState } from '#src/domain/run.ts';

/** What is counted, for those who watch the bot. Durations are milliseconds; counting never fails and never waits. */
export type Metrics = {
  /** A run came into this state. */
  runEntered: (state: RunState['kind']) => void;
  /** Attempt 1, or a retry. */
  stepStarted: (step: { phase: Phase; attempt: number }) => void;
  /** A step found something new to wait for. */
  stepWaits: (phase: Phase) => void;
  /** Run time. */
  stepEnded: (step: { phase: Phase; outcome: 'done' | 'failed'; ms: number }) => void;
  /** Run time. */
  waitEnded: (wait: { kind: WaitKind; ms: number }) => void;
  /** eksctl. */
  commandEnded: (outcome: CommandOutcome) => void;
  /** How long after it was due a run was taken in hand. Real time. */
  ticketStarted: (ticket: { lateMs: number }) => void;
  /** A worker found that another one has the run by now. */
  claimLost: () => void;
  /** One request on the wire, so a call that the SDK tries three times counts three. Real time. */
  awsCalled: (call: { service: string; operation: string; outcome: CallOutcome; ms: number }) => void;
  slackCalled: (call: { method: string; outcome: CallOutcome }) => void;
};

/** What a run waits for a person or a condition for. */
export type WaitKind = 'approval' | 'gate' | 'stop';

export type CallOutcome = 'ok' | 'throttled' | 'failed';
