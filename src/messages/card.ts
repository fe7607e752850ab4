import type { Run } from '#src/domain/run.ts';
import { isFailing } from '#src/domain/run-progress.ts';
import { actions, type Block, context, header, section, sections } from './blocks.ts';
import { approveButton, rejectButton, stopButton } from './buttons.ts';
import { cardState } from './card-state.ts';
import { CARD, hasPlan, type Message, type PlannedRun, subject } from './message.ts';
import { byWhom, code, person, when } from './mrkdwn.ts';
import { CHANGES_ROOM, planPages, planRoom } from './plan-pages.ts';
import { changeLines, noteLines, planLines } from './plan-summary.ts';
import { progressLines } from './progress.ts';

/** The one root message of a run, in the maintenance channel, edited in place. */
export function card(run: Run): Message {
  const { text, lines } = cardState(run);
  const blocks = [
    header(`${run.state.kind === 'observed' ? 'Observe mode: upgrade' : 'Upgrade'} of ${subject(run)}`),
    ...sections(lines, 3000),
    ...detailBlocks(run),
    context(footer(run)),
    ...buttons(run),
  ];
  return { key: CARD, parent: null, broadcast: false, text, blocks };
}

function detailBlocks(run: Run): Block[] {
  if (!hasPlan(run)) return [];
  switch (run.state.kind) {
    case 'planning':
    case 'nothing-to-do':
      return [];
    case 'refused':
      return sections(noteLines('Why', run.plan.refusals), 6000);
    case 'observed':
      return [...sections(noteLines('Why it may not run', run.plan.refusals), 3000), ...planBlocks(run)];
    case 'awaiting-approval':
    case 'rejected':
    case 'expired':
    case 'withdrawn':
      return planBlocks(run);
    case 'running':
    case 'waiting':
    case 'stopped':
    case 'succeeded':
    case 'succeeded-uncommitted':
    case 'aborted':
      return sections(progressLines(run), 5600);
    default:
      run.state satisfies never;
      return [];
  }
}

function planBlocks(run: PlannedRun): Block[] {
  const changes = run.supersededPlan === null ? [] : sections(changeLines(run.supersededPlan, run.plan), CHANGES_ROOM);
  const inThread =
    planPages(run).length === 0
      ? []
      : [section('*This is a part of the plan.* It stands in full in the thread: read it there before you decide.')];
  return [...changes, ...sections(planLines(run.plan, 'card'), planRoom(run)), ...inThread];
}

function footer(run: Run): string {
  const parts = [`Asked for by ${person(run.requestedBy)}, ${when(run.requestedAt)}`];
  if (run.approval !== null) parts.push(`Approved ${byWhom(run.approval)}`);
  if (run.plan !== null) {
    const { account, region, config, hash } = run.plan;
    parts.push(
      `account ${code(account)} in ${code(region)}, config ${code(outsideText(config.path))} at ${code(config.commit.slice(0, 8))}, plan ${code(hash.slice(0, 8))}`,
    );
  }
  return parts.join('  ·  ');
}

function outsideText(path: string): string {
  return path.length > 120 ? `…${path.slice(-119)}` : path;
}

function buttons(run: Run): Block[] {
  if (run.plan === null) return [];
  switch (run.state.kind) {
    case 'awaiting-approval':
      return [actions([approveButton(run, run.plan), rejectButton(run, run.plan)])];
    case 'running':
      if (isFailing(run)) return [];
      return run.stopRequest === null && run.abortRequest === undefined ? [actions([stopButton(run)])] : [];
    default:
      return [];
  }
}
