import '../../script/require-node.js';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { measureAck } from './ack.ts';
import { measureCapacity } from './capacity.ts';
import { measureDecision } from './decision.ts';
import { type BenchSettings, FIGURE_NAMES, type FigureName, type Figures } from './figures.ts';
import { parseBenchOptions } from './options.ts';
import { measureOverhead } from './overhead.ts';
import { measureRecovery } from './recovery.ts';
import { measureSlackBudget } from './slack-budget.ts';
import { watchForStandstill } from './standstill.ts';
import { measureStart } from './start.ts';
import { measureTenClusters } from './ten-clusters.ts';
import { measureVersusRunbook } from './versus-runbook.ts';

const MEASURES: { [Name in FigureName]: (settings: BenchSettings) => Promise<Figures[Name]> } = {
  overhead: measureOverhead,
  versusRunbook: measureVersusRunbook,
  tenClusters: measureTenClusters,
  ack: measureAck,
  decision: measureDecision,
  capacity: measureCapacity,
  recovery: measureRecovery,
  slackBudget: measureSlackBudget,
  start: measureStart,
};

/** One figure after the other: two at once would share the processors, and measure each other. */
async function bench(args: string[]): Promise<void> {
  const { json, only, seed, quick, runs } = parseBenchOptions(args);
  const figures: Partial<Figures> = {};
  const standstill = watchForStandstill();
  for (const name of only === null ? FIGURE_NAMES : [only]) {
    const say = (line: string) => void process.stderr.write(`${name}: ${line}\n`);
    say(quick ? 'measuring a quick variant, which is no figure' : 'measuring');
    const figure = await MEASURES[name]({ seed, quick, runs, say });
    say(JSON.stringify(figure));
    const stoodMs = standstill.longestMs();
    if (stoodMs > 0)
      throw new Error(
        `${name}: everything stood still for ${Math.round(stoodMs / 1000)} s, so this is no figure: measure again`,
      );
    Object.assign(figures, { [name]: figure });
  }
  process.stdout.write(json ? `${JSON.stringify(figures)}\n` : inWords(figures));
}

function inWords(figures: Partial<Figures>): string {
  const lines = Object.entries(figures).map(([name, figure]) => {
    return `${name}: ${Object.entries(figure)
      .map(([what, value]) => `${what} ${value}`)
      .join(', ')}\n`;
  });
  return lines.join('');
}

try {
  await bench(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `${error instanceof UserError ? messageOf(error) : `the bench failed: ${error instanceof Error ? error.stack : String(error)}`}\n`,
  );
  process.exitCode = error instanceof UserError ? 2 : 1;
}
