import '../../script/require-node.js';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { everyCall, type Reports } from './every-call.ts';
import { type Judged, namesOf } from './hunt.ts';
import { parseChaosOptions } from './options.ts';
import { nameOf } from './points.ts';
import { randomChaos } from './random/random-chaos.ts';
import { parseStormOptions } from './random/storm-options.ts';
import { type Failure, type Summary, summarize } from './summary.ts';

const soFar: Judged[] = [];

/** `npm run chaos`: exits with 0 when nothing was lost, 1 when something was, 2 when it was asked for something wrong. */
function main(args: string[]): Promise<void> {
  return args.includes('--runs') ? random(args) : everyPoint(args);
}

async function random(args: string[]): Promise<void> {
  const { json, ...options } = parseStormOptions(args);
  const { figures, failures, isAllWell: isWell } = await randomChaos(options, say);
  process.stdout.write(
    json ? `${JSON.stringify({ ...figures, failures }, null, 2)}\n` : `${JSON.stringify(figures)}\n`,
  );
  process.exitCode = isWell ? 0 : 1;
}

async function everyPoint(args: string[]): Promise<void> {
  const options = parseChaosOptions(args);
  const summary = await everyCall(options, onStandardError());
  const { failures, notReached, ...figures } = summary;
  tell(summary);
  const shown = { ...figures, failures: failures.map(({ logTail: _logTail, ...rest }) => rest), notReached };
  process.stdout.write(options.json ? `${JSON.stringify(shown, null, 2)}\n` : `${JSON.stringify(figures)}\n`);
  process.exitCode = isAllWell(summary) ? 0 : 1;
}

function tell({ failures, notReached }: Summary): void {
  for (const failure of failures) say(inWords(failure));
  for (const point of notReached) say(`not reached: ${point}`);
}

/**
 * Which events of two steps side by side share a commit is chance, so a few recorded points may not come again in any
 * world; they are named. More than one in a hundred and the harness does not see what it should.
 */
function isAllWell({ failures, notReached, points }: Summary): boolean {
  return points > 0 && failures.length === 0 && notReached.length <= points / 100;
}

function onStandardError(): Reports {
  return {
    recorded: (calls, points) => say(`${calls} outside calls recorded, ${points} points to hit`),
    judged: (judged, left) => {
      soFar.push(judged);
      say(`${wordFor(judged)}  ${whichOf(judged)}  (${left} left)`);
    },
  };
}

/** Of a world in which all went well nobody wants to read every point. */
function whichOf(judged: Judged): string {
  const [first, ...others] = judged.points;
  const isFine = judged.kind === 'hit' && judged.isWell;
  if (!isFine || first === undefined || others.length === 0) return namesOf(judged.points);
  return `${nameOf(first)} and ${others.length} more`;
}

function wordFor(judged: Judged): string {
  if (judged.kind === 'not-reached') return `not reached (${judged.why})`;
  if (judged.kind === 'void') return `to be lived again (${judged.why})`;
  const seconds = `${(judged.life.ms / 1000).toFixed(1).padStart(6)} s`;
  return judged.kind === 'suspect' ? `suspect${seconds}` : `${judged.isWell ? 'ok     ' : 'FAILED '}${seconds}`;
}

function inWords({
  point,
  trouble,
  deviations,
  repeatedEffects,
  lostMessages,
  doubledMessages,
  logTail,
}: Failure): string {
  const list = (title: string, lines: string[]) => lines.map((line) => `  ${title}: ${line}`);
  return [
    '',
    `failed: ${point}`,
    ...(trouble === null ? [] : [`  ${trouble}`]),
    ...list('deviation', deviations),
    ...list('repeated effect', repeatedEffects),
    ...list('lost message', lostMessages),
    ...list('doubled message', doubledMessages),
    ...logTail.split('\n').map((line) => `    ${line}`),
  ].join('\n');
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

// Our processes end with us; what we wrote does not. Who had no patience is told what was found until then.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    const summary = summarize(soFar);
    tell(summary);
    say(`ended by ${signal} after ${summary.points} points, ${summary.failures.length} of them failed`);
    process.exit(130);
  });

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(
    error instanceof UserError
      ? messageOf(error)
      : `the harness failed: ${error instanceof Error ? error.stack : String(error)}`,
  );
  process.exitCode = error instanceof UserError ? 2 : 1;
}
process.exit();
