import '../../script/require-node.js';
import { userInfo } from 'node:os';
import { readConfig } from '#src/config.ts';
import { createContext } from '#src/context.ts';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { nextStep } from '#src/domain/next-step.ts';
import type { Run } from '#src/domain/run.ts';
import { describeStep } from '#src/domain/step-title.ts';
import type { OperationResult, Operations } from '#src/operations/operations.ts';

const USAGE = 'usage: npm run ops -- status [cluster] | stop <cluster> | resume <cluster> | abort <cluster>';

/** The same decisions as the buttons, from a shell, for when Slack is away. */
async function ops(args: string[], operations: Operations): Promise<string> {
  const [verb, cluster] = args;
  if (verb === 'status' && args.length <= 2)
    return (await operations.status(cluster ?? null)).map(line).join('\n') || 'no runs';
  if (cluster === undefined || args.length !== 2) throw new UserError('Usage', USAGE);
  const act = { stop: operations.requestStop, resume: operations.retryStep, abort: operations.abortRun }[verb ?? ''];
  if (act === undefined) throw new UserError('Usage', `"${verb}" is not one of status, stop, resume, abort\n${USAGE}`);
  const [run] = await operations.status(cluster);
  if (run === undefined) throw new UserError('NoRun', `cluster ${cluster} has no run`);
  return answer(await act({ runId: run.id, by: `shell:${userInfo().username}` }));
}

function answer(result: OperationResult): string {
  if (result.kind === 'done') return line(result.run);
  throw new UserError('NotDone', result.why);
}

/** `coast  running  1.22 → 1.24  control plane 1.22 → 1.23` */
function line(run: Run): string {
  const step = run.plan === null || run.startedAt === null || run.endedAt !== null ? null : nextStep(run.plan, run);
  const versions = run.plan === null ? `→ ${run.to}` : `${run.plan.from} → ${run.to}`;
  const stopping = run.stopRequest === null ? [] : ['stops after this step'];
  return [
    run.cluster,
    run.state.kind,
    versions,
    ...(step === null ? [] : [describeStep(step)]),
    ...stopping,
    run.id,
  ].join('  ');
}

try {
  const context = await createContext(readConfig(process.env, { role: 'worker' }));
  try {
    process.stdout.write(`${await ops(process.argv.slice(2), context.operations)}\n`);
  } finally {
    await context.close();
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = error instanceof UserError ? 2 : 1;
}
