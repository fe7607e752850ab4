import type { PhaseContext, Started } from '#jobs/phase.ts';
import type { Phase, Plan, StepId } from '#src/domain/plan.ts';
import type { CommandOutcome, CommandRecord, Run } from '#src/domain/run.ts';
import { aPlan, aRun, progressUpTo, startedStep } from '../builders.ts';
import { COAST, type FakeWorld } from './fake-worker-deps.ts';

type Changes = {
  plan?: Plan;
  progress?: Partial<Started>;
  command?: Run['command'];
  gates?: Run['gates'];
  stops?: Run['stops'];
  run?: Partial<Run>;
};

/** What `runPhase` is given for this step of a run that has come to it. */
export function contextFor(
  world: FakeWorld,
  stepId: StepId,
  changes: Changes = {},
): PhaseContext<Phase> & { confirmed: { times: number } } {
  const plan = changes.plan ?? aPlan();
  const step = plan.steps.find(({ id }) => id === stepId);
  if (step === undefined) throw new Error(`the plan has no step ${stepId}`);
  const progress = startedStep(0, { at: world.clock.now(), ...changes.progress }) as Started;
  const run = aRun('running', {
    plan,
    steps: progressUpTo(plan, stepId, progress),
    command: changes.command ?? null,
    gates: changes.gates ?? [],
    stops: changes.stops ?? [],
    ...changes.run,
  });
  const confirmed = { times: 0 };
  return {
    deps: world.deps,
    cluster: COAST,
    cloud: world.cloud,
    run,
    plan,
    step,
    progress,
    now: world.clock.now(),
    confirmed,
    confirmClaim: async () => {
      confirmed.times += 1;
    },
  };
}

/** A command of the step's attempt that has ended so. */
export function endedCommand(
  stepId: StepId,
  args: string[],
  outcome: CommandOutcome,
  changes: Partial<CommandRecord> & { at?: number } = {},
): CommandRecord {
  const { at = 0, ...rest } = changes;
  return { id: 'command-1', stepId, attempt: 1, args, state: { kind: 'ended', at, outcome }, ...rest };
}

export function runningCommand(stepId: StepId, args: string[]): CommandRecord {
  return { id: 'command-1', stepId, attempt: 1, args, state: { kind: 'running', at: 0 } };
}

export const EXIT_0: CommandOutcome = { kind: 'exited', code: 0, lastLines: 'created 0 nodegroup(s)' };
