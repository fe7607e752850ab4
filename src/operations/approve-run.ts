import type { Run, UserId } from '#src/domain/run.ts';
import { decide, type OperationDeps, type Verdict } from './decide.ts';
import type { OperationResult, Operations } from './operations.ts';
import { isOneOf } from './permissions.ts';

type Click = Parameters<Operations['approveRun']>[0];

const OBSERVES =
  'This bot runs in observe mode: it may look but not change anything, so nothing can be approved. Start it without MODE=observe first.';

const NOT_AN_APPROVER = 'You are not among the approvers of the fleet file, so this decision is not yours.';

/** Approves exactly the plan the person saw: state, hash, expiry, who, membership now, and never one's own request. */
export function approveRun(deps: OperationDeps, click: Click): Promise<OperationResult> {
  return decideOnPlan(deps, click, ({ isRequester, isApprover, planHash }) => {
    if (deps.mode === 'observe') return { kind: 'not-allowed', why: OBSERVES };
    if (!isApprover) return { kind: 'not-allowed', why: NOT_AN_APPROVER };
    if (isRequester)
      return { kind: 'not-allowed', why: 'You asked for this upgrade yourself: another approver has to approve it.' };
    return { kind: 'fact', fact: { kind: 'approved', planHash } };
  });
}

/** An approver rejects; the person who asked withdraws. */
export function rejectRun(deps: OperationDeps, click: Click): Promise<OperationResult> {
  return decideOnPlan(deps, click, ({ isRequester, isApprover }) => {
    if (isRequester) return { kind: 'fact', fact: { kind: 'withdrawn' } };
    return isApprover ? { kind: 'fact', fact: { kind: 'rejected' } } : { kind: 'not-allowed', why: NOT_AN_APPROVER };
  });
}

type Decider = { isRequester: boolean; isApprover: boolean; planHash: string };

async function decideOnPlan(
  deps: OperationDeps,
  { runId, planHash, by }: Click,
  rule: (decider: Decider) => Verdict,
): Promise<OperationResult> {
  const isApprover = await isOneOf(deps.people, deps.fleet.approvers, by);
  return decide(deps, {
    runId,
    by,
    rule: (run, now) => {
      const open = stillOpen(run, { planHash, now });
      return open.kind === 'open'
        ? rule({ isRequester: run.requestedBy === by, isApprover, planHash: open.planHash })
        : open;
    },
  });
}

type Open = { kind: 'open'; planHash: string };

function stillOpen(
  run: Run,
  { planHash, now }: { planHash: string; now: number },
): Open | Extract<Verdict, { kind: 'too-late' }> {
  const { state, plan } = run;
  if (state.kind !== 'awaiting-approval' || plan === null) return { kind: 'too-late', why: whyClosed(run) };
  if (now >= state.expiresAt)
    return { kind: 'too-late', why: 'This request has expired. Ask for the upgrade again to get a fresh plan.' };
  // Buttons carry the beginning of the hash: an old card decides nothing about a new plan.
  if (planHash.length < 16 || !plan.hash.startsWith(planHash)) {
    return {
      kind: 'too-late',
      why: 'The plan has changed since this card was shown. Read the card again and decide on the plan it shows now.',
    };
  }
  return { kind: 'open', planHash: plan.hash };
}

function whyClosed({ state, approval }: Run): string {
  switch (state.kind) {
    case 'rejected':
    case 'withdrawn':
      return `${mention(state.decision.by)} has ${state.kind === 'rejected' ? 'rejected' : 'withdrawn'} this request already.`;
    case 'expired':
      return 'This request has expired. Ask for the upgrade again to get a fresh plan.';
    case 'planning':
      return 'The plan is being made again. Wait for the card to show it.';
    default:
      return approval === null
        ? 'There is nothing to decide any more.'
        : `${mention(approval.by)} has approved this plan already.`;
  }
}

function mention(user: UserId): string {
  return user.startsWith('shell:') ? user : `<@${user}>`;
}
