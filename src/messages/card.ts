import type { Run } from '#src/domain/run.ts';
import { actions, context, header, LIMITS, sections, type Block } from './blocks.ts';
import { approveButton, rejectButton, stopButton } from './buttons.ts';
import { cardState } from './card-state.ts';
import { CARD, hasPlan, subject, type Message } from './message.ts';
import { byWhom, code, person, when } from './mrkdwn.ts';
import { changeLines, noteLines, planLines } from './plan-summary.ts';
import { progressLines } from './progress.ts';

/** The one root message of a run, in the maintenance channel, edited in place. */
export function card(run: Run): Message {
  const { text, lines } = cardState(run);
  const blocks = [
    header(`Upgrade of ${subject(run)}`),
    ...sections(lines, 3000),
    ...detailBlocks(run),
    context(footer(run)),
    ...buttons(run),
  ];
  return { key: CARD, parent: null, broadcast: false, text, blocks };
}

function detailBlocks(run: Run): Block[] {
  if (!hasPlan(run)) return [];
  const budget = LIMITS.messageText - 3400;
  switch (run.state.kind) {
    case 'planning':
    case 'nothing-to-do':
      return [];
    case 'refused':
      return sections(noteLines('Why', run.plan.refusals), budget);
    case 'awaiting-approval':
    case 'rejected':
    case 'expired':
    case 'withdrawn': {
      const changes = run.supersededPlan === null ? [] : changeLines(run.supersededPlan, run.plan);
      return [...sections(changes, 2000), ...sections(planLines(run.plan), changes.length === 0 ? budget : budget - 2000)];
    }
    case 'running':
    case 'waiting':
    case 'stopped':
    case 'succeeded':
    case 'succeeded-uncommitted':
    case 'aborted':
      return sections(progressLines(run), budget);
    default:
      run.state satisfies never;
      return [];
  }
}

function footer(run: Run): string {
  const parts = [`Asked for by ${person(run.requestedBy)}, ${when(run.requestedAt)}`];
  if (run.approval !== null) parts.push(`Approved ${byWhom(run.approval)}`);
  if (run.plan !== null) {
    const { account, region, config, hash } = run.plan;
    parts.push(`account ${code(account)} in ${code(region)}, config ${code(outsideText(config.path))} at ${code(config.commit.slice(0, 8))}, plan ${code(hash.slice(0, 8))}`);
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
    case 'waiting':
      return run.stopRequest === null ? [actions([stopButton(run)])] : [];
    default:
      return [];
  }
}
