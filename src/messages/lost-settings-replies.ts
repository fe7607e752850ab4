import type { Plan, PlanNote } from '#src/domain/plan.ts';
import { shortHash } from './actions.ts';
import { type Block, LIMITS, section, sections } from './blocks.ts';
import { type Message, type PlannedRun, subject, threadReply } from './message.ts';
import { clip, countOf, outside, preformatted, sentence } from './mrkdwn.ts';

const LONGEST_LINE = 500;
const BLOCK = 2500;
const MOST_BLOCKS = 3;

/** The card says in short what eksctl would overwrite; here it stands line by line, one reply a warning or refusal. */
export function lostSettingsReplies(run: PlannedRun): Message[] {
  return notesOf(run.plan).map(({ id, text, detail }) =>
    threadReply({
      key: `note:${shortHash(run.plan.hash)}:${id}`,
      text: `Plan for ${subject(run)}: ${outside(text, 1500)}`,
      blocks: [
        ...sections(['*What eksctl would overwrite*', sentence(outside(text, 1500))], LIMITS.section),
        ...linesIn(detail),
      ],
    }),
  );
}

function notesOf({ refusals, warnings }: Plan): (PlanNote & { detail: string[] })[] {
  return [...refusals, ...warnings].flatMap((note) =>
    note.detail === undefined || note.detail.length === 0 ? [] : [{ ...note, detail: note.detail }],
  );
}

function linesIn(lines: readonly string[]): Block[] {
  const blocks: string[][] = [[]];
  for (const line of lines.map((whole) => clip(whole, LONGEST_LINE))) {
    const last = blocks.at(-1) ?? [];
    const size = last.reduce((sum, each) => sum + each.length + 1, 0);
    if (last.length > 0 && size + line.length > BLOCK) blocks.push([line]);
    else last.push(line);
  }
  const left = blocks.slice(MOST_BLOCKS).flat().length;
  return [
    ...blocks.slice(0, MOST_BLOCKS).map((block) => section(preformatted(block.join('\n'), LIMITS.section - 200))),
    ...(left === 0 ? [] : [section(`… and ${countOf(left, 'more line')}`)]),
  ];
}
