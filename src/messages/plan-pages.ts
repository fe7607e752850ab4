import { LIMITS } from './blocks.ts';
import type { PlannedRun } from './message.ts';
import { planLines } from './plan-summary.ts';

/** What the plan may take on the card, beside the state, the footer, the buttons and what changed since an approval. */
export function planRoom(run: PlannedRun): number {
  return LIMITS.messageText - OTHERS - (run.supersededPlan === null ? 0 : CHANGES_ROOM);
}

export const CHANGES_ROOM = 1500;
const OTHERS = 1900;
const PAGE = LIMITS.messageText - 300;

/** The lines of each reply that holds a part of the plan; none when the card shows all of it. */
export function planPages(run: PlannedRun): string[][] {
  const full = planLines(run.plan, 'full');
  const card = planLines(run.plan, 'card');
  if (sizeOf(full) <= planRoom(run) && full.every((line, i) => line === card[i])) return [];
  const pages: string[][] = [[]];
  for (const line of full) {
    const page = pages.at(-1);
    if (page !== undefined && (page.length === 0 || sizeOf(page) + line.length + 1 <= PAGE)) page.push(line);
    else pages.push([line]);
  }
  return pages;
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
