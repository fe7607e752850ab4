import type { GateQuestion, GateRecord } from '#src/domain/gate.ts';
import type { Run } from '#src/domain/run.ts';
import { decide, type OperationDeps, type Verdict } from './decide.ts';
import type { OperationResult, Operations } from './operations.ts';
import { isOneOf } from './permissions.ts';
import { steer } from './steer-run.ts';

const TOO_LATE: Verdict = { kind: 'too-late', why: 'The run is not waiting at this point any more.' };

const ONLY_APPROVERS: Record<GateQuestion['kind'], string> = {
  activity: 'Only approvers of the fleet file may let servers in use be deleted.',
  drain: 'Only approvers of the fleet file may force pods to go.',
};

const WHY_A_REASON: Record<GateQuestion['kind'], string> = {
  activity: 'A reason is required: people whose servers end will ask for it.',
  drain: 'A reason is required: people who need what these pods serve will ask for it.',
};

/** "Go ahead" and "Force": an approver, with a reason that is kept. The person takes it on for what the gate shows. */
export async function passGate(
  deps: OperationDeps,
  click: Parameters<Operations['passGate']>[0],
): Promise<OperationResult> {
  const { runId, stepId, by } = click;
  const reason = click.reason.trim();
  const isApprover = await isOneOf(deps.people, deps.fleet.approvers, by);
  return decide(deps, {
    runId,
    by,
    rule: (run): Verdict => {
      const gate = openGate(run, stepId);
      if (gate === undefined) return TOO_LATE;
      if (!isApprover) return { kind: 'not-allowed', why: ONLY_APPROVERS[gate.kind] };
      if (reason === '') return { kind: 'not-allowed', why: WHY_A_REASON[gate.kind] };
      return { kind: 'fact', fact: { kind: 'gate-passed', reason } };
    },
  });
}

/** "Wait longer". */
export function waitAtGate(
  deps: OperationDeps,
  click: Parameters<Operations['waitAtGate']>[0],
): Promise<OperationResult> {
  return steer(deps, click, (run) =>
    openGate(run, click.stepId) === undefined ? TOO_LATE : { kind: 'fact', fact: { kind: 'gate-waited' } },
  );
}

/** "Stop" at a gate: nothing is in the middle of happening there. */
export function stopAtGate(
  deps: OperationDeps,
  click: Parameters<Operations['stopAtGate']>[0],
): Promise<OperationResult> {
  return steer(deps, click, (run) =>
    openGate(run, click.stepId) === undefined ? TOO_LATE : { kind: 'fact', fact: { kind: 'gate-stopped' } },
  );
}

function openGate({ state, gates }: Run, stepId: string): GateRecord | undefined {
  const gate = gates.at(-1);
  return state.kind === 'waiting' && gate?.stepId === stepId ? gate : undefined;
}
