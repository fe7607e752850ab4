import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, type TestContext } from 'vitest';
import type { RunEvent } from '#src/domain/run-events.ts';
import { freePort } from '../support/free-port.ts';
import { selfManaged } from '../support/scenario-clusters.ts';
import { type ScenarioWorld, scenario } from '../support/scenario-world.ts';

/** The worker as operators run it, in a process of its own, with its log. */
type WorkerProcess = { child: ChildProcess; port: number; log: () => string };

async function startWorkerOf(
  world: ScenarioWorld,
  onTestFinished: TestContext['onTestFinished'],
): Promise<WorkerProcess> {
  const port = await freePort();
  const env = { ...world.env, PORT: String(port), LOG_LEVEL: 'debug', SIMULATED_CLOCK: JSON.stringify(world.clock) };
  const script = resolve(import.meta.dirname, '../simulators/demo/worker.ts');
  const child = spawn(process.execPath, [script], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error(log)))]);
  return { child, port, log: () => log };
}

scenario(
  'a worker that is told to stop in the middle of an eksctl command hands its run over',
  async ({ startWorld, onTestFinished }) => {
    const world = await startWorld({ clusters: [selfManaged('coast', { version: '1.23' })], worker: 'none' });
    const first = await startWorkerOf(world, onTestFinished);
    await world.types('maya', '/eks-upgrade coast 1.24');
    await world.comesTo('awaiting-approval');
    await world.presses('sam', 'Approve');
    await world.eventually(async () => {
      const { command } = await world.run();
      return command?.state.kind === 'running' && command.args.join(' ').startsWith('create nodegroup');
    });

    const toldAt = Date.now();
    const exited = once(first.child, 'exit');
    first.child.kill('SIGTERM');
    expect(await exited, 'it left by itself').toEqual([0, null]);
    expect(Date.now() - toldAt).toBeLessThan(20_000);
    const endings = (events: RunEvent[]) =>
      events.flatMap((event) => (event.kind === 'command-ended' ? [event.outcome.kind] : []));
    expect(endings(await world.events()).at(-1), 'the command did not outlive it, and is known to be killed').toBe(
      'killed',
    );

    const second = await startWorkerOf(world, onTestFinished);
    await world.comesTo('succeeded');
    expect(world.cluster().nodeGroups.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'core-b 1.24',
      'nb-small 1.24',
    ]);
    expect(
      world.changes().filter((change) => change.startsWith('create')),
      'nothing was made twice',
    ).toEqual(['create core-b', 'create nb-small']);
    expect(world.doubled()).toEqual([]);

    expectEveryLineNamesItsRun(first.log() + second.log());
    const scraped = await fetch(`http://127.0.0.1:${second.port}/metrics`);
    expect(scraped.headers.get('content-type')).toMatch(/^text\/plain/);
    expectCounted(await scraped.text());
  },
);

/** JSON lines; one that names a run names its cluster, and what happens in a step names the step. */
function expectEveryLineNamesItsRun(log: string): void {
  const lines = log
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  // The reconciler knows only the id of a run that it could not read on a busy machine.
  const ofRuns = lines.filter(({ run, msg }) => run !== undefined && msg !== 'could not wake a run');
  expect(ofRuns.length).toBeGreaterThan(20);
  expect(ofRuns.filter(({ cluster }) => cluster !== 'coast')).toEqual([]);
  const ofSteps = ofRuns.filter(({ msg }) =>
    /run event: (step|command|gate)-|updating|running eksctl|pushing|did not answer/.test(String(msg)),
  );
  expect(ofSteps.filter(({ step }) => typeof step !== 'string')).toEqual([]);
  const aboutRunsOnly = /run event|observing|posting a message|running eksctl|updating (?!itself)|pushing/;
  expect(lines.filter(({ msg, run }) => run === undefined && aboutRunsOnly.test(String(msg)))).toEqual([]);
}

function expectCounted(text: string): void {
  const value = (series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1] ?? 'NaN',
    );
  expect(value('eks_upgrade_redis_up')).toBe(1);
  expect(value('eks_upgrade_runs{state="running"}')).toBe(0);
  expect(value('eks_upgrade_runs_entered_total{state="succeeded"}')).toBe(1);
  expect(value('eks_upgrade_step_duration_seconds_count{phase="verify",outcome="done"}')).toBe(1);
  expect(value('eks_upgrade_commands_total{outcome="exit-0"}')).toBeGreaterThanOrEqual(2);
  expect(
    value('eks_upgrade_aws_requests_total{service="eks",operation="DescribeCluster",outcome="ok"}'),
  ).toBeGreaterThan(0);
  expect(value('eks_upgrade_slack_requests_total{method="chat.postMessage",outcome="ok"}')).toBeGreaterThan(0);
  expect(value('eks_upgrade_ticket_lateness_seconds_count')).toBeGreaterThan(0);
}
