import '../../script/require-node.js';
import { userInfo } from 'node:os';
import { readConfig } from '#src/config.ts';
import { type Context, createContext } from '#src/context.ts';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { nextSteps } from '#src/domain/next-steps.ts';
import type { Run } from '#src/domain/run.ts';
import { describeStep } from '#src/domain/step-title.ts';
import type { OperationResult } from '#src/operations/operations.ts';
import { savedAddons } from './saved-addons.ts';

const USAGE =
  'usage: npm run ops -- status [cluster] | stop <cluster> | resume <cluster> | abort <cluster> | release <cluster> | saved-addons <cluster or run> [step]';

/** The same decisions as the buttons, from a shell, for when Slack is away. */
async function ops(args: string[], { operations, releaseCluster, setAsides, store }: Rooms): Promise<string> {
  const [verb, cluster, step] = args;
  if (verb === 'status' && args.length <= 2)
    return (await status({ operations, setAsides }, cluster ?? null)).join('\n') || 'no runs';
  if (verb === 'saved-addons' && cluster !== undefined && args.length <= 3)
    return savedAddons({ operations, store }, { of: cluster, step: step ?? null });
  if (cluster === undefined || args.length !== 2) throw new UserError('Usage', USAGE);
  const by = `shell:${userInfo().username}`;
  if (verb === 'release') return released(await releaseCluster({ cluster, by }));
  const act = { stop: operations.requestStop, resume: operations.retryStep, abort: operations.abortRun }[verb ?? ''];
  if (act === undefined)
    throw new UserError(
      'Usage',
      `"${verb}" is not one of status, stop, resume, abort, release, saved-addons\n${USAGE}`,
    );
  const [run] = await operations.status(cluster);
  if (run === undefined) throw new UserError('NoRun', `cluster ${cluster} has no run`);
  return answer(await act({ runId: run.id, by }));
}

type Rooms = Pick<Context, 'operations' | 'releaseCluster' | 'setAsides' | 'store'>;

async function status(
  { operations, setAsides }: Pick<Rooms, 'operations' | 'setAsides'>,
  cluster: string | null,
): Promise<string[]> {
  const runs = await operations.status(cluster);
  const aside = (await setAsides.list()).filter((each) => cluster === null || each.cluster === cluster);
  return [
    ...runs.map(line),
    ...aside.map(({ cluster: name, runId, why }) =>
      [name, 'set aside', runId, why, `when you have looked at the cluster: npm run ops -- release ${name}`].join('  '),
    ),
  ];
}

function released({ cluster, runId }: { cluster: string; runId: string }): string {
  return `${cluster} is free: run ${runId} does not hold it any more. What it did is in its events, and nothing was undone in the cluster`;
}

function answer(result: OperationResult): string {
  if (result.kind === 'done') return line(result.run);
  throw new UserError('NotDone', result.why);
}

/** The steps in progress, or else the ones that come next. */
function stepsOf(run: Run): string[] {
  if (run.plan === null || run.startedAt === null || run.endedAt !== null) return [];
  const { inProgress, ready } = nextSteps(run.plan, run);
  return (inProgress.length > 0 ? inProgress : ready).map(describeStep);
}

/** `coast  running  1.22 → 1.24  control plane 1.22 → 1.23` */
function line(run: Run): string {
  const versions = run.plan === null ? `→ ${run.to}` : `${run.plan.from} → ${run.to}`;
  const stopping = run.stopRequest === null ? [] : ['stops after this step'];
  return [run.cluster, run.state.kind, versions, ...stepsOf(run), ...stopping, run.id].join('  ');
}

try {
  const context = await createContext(readConfig(process.env, { role: 'worker' }));
  try {
    process.stdout.write(`${await ops(process.argv.slice(2), context)}\n`);
  } finally {
    await context.close();
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = error instanceof UserError ? 2 : 1;
}
