import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startWorkerProcess } from '#jobs/main.ts';
import { startBot } from '#src/main.ts';
import { TWO_AT_ONCE } from '#test/simulators/eksctl/company.ts';
import { freePort } from '../support/free-port.ts';
import { inPlanOrder } from '../support/in-plan-order.ts';
import { type BotProcess, eksctlOf, killEksctlOf, startBotProcess } from '../support/processes.ts';
import { managed, selfManaged } from '../support/scenario-clusters.ts';
import { MAINTENANCE, PEOPLE } from '../support/scenario-people.ts';
import { overridesHere, type ScenarioWorld, scenario } from '../support/scenario-world.ts';

/** The worker as operators run it, in a process of its own, with its log and its metrics. */
async function startWorker(world: ScenarioWorld): Promise<BotProcess & { port: number }> {
  const port = await freePort();
  // Longer than a busy machine keeps a process waiting: a lease that is lost by that ends a command, too.
  const leases = { LOCK_DURATION_MS: '2000', STALLED_INTERVAL_MS: '500' };
  const env = { ...world.env, ...leases, PORT: String(port), LOG_LEVEL: 'debug' };
  const worker = startBotProcess({ half: 'worker', env, clock: world.clock });
  await worker.ready;
  return { ...worker, port };
}

scenario.concurrent(
  'workers are stopped, killed and told to leave in the middle of everything, and an eksctl is killed: one upgrade comes of it, told once',
  async ({ startWorld, onTestFinished }) => {
    const coast = selfManaged('coast', { version: '1.23', seed: { addons: 'eks' } });
    const world = await startWorld({ clusters: [coast], worker: 'none', durations: {} });
    const [first, second] = await Promise.all([startWorker(world), startWorker(world)]);
    onTestFinished(first.kill);
    onTestFinished(second.kill);
    await world.types('maya', '/eks-upgrade coast 1.24');
    await world.comesTo('awaiting-approval');
    await world.presses('sam', 'Approve');

    // For longer than its lease, with whatever it has in hand; the other one takes that over.
    await world.eventually(() => world.changes().includes('control plane 1.23 → 1.24'));
    first.hang();
    await world.eventually(() => world.changes().includes('add-on kube-proxy'));
    // eksctl dies with its worker, before it has mapped the role of the group that it creates: the next worker maps it.
    await world.eventually(() => world.changes().includes('create core-b'));
    await second.kill();
    const left = (await checkouts(world)).filter((name) => name.includes(`-${second.pid}-`));
    expect(left, 'of the command that died with it').not.toEqual([]);
    first.goOn();

    // What is deleted first, the old core group or the others, is chance: a command is waited for by its name.
    await world.eventually(async () => (await world.run()).steps['node-groups-1.24-delete']?.kind === 'started');
    await killEksctlOf(first, / delete nodegroup .*--include=nb-small/);
    await eksctlOf(first, / create nodegroup .*--include=nb-small/);
    const { code, ms } = await first.terminate();
    expect(code, 'it left by itself').toBe(0);
    expect(ms).toBeLessThan(20_000);
    expect(await endings(world), 'what it ran did not outlive it, and is known to be killed').toEqual([
      'lost',
      'killed',
      'killed',
    ]);

    const third = await startWorker(world);
    onTestFinished(third.kill);
    await world.comesTo('succeeded');
    expect(inPlanOrder(world.changes())).toEqual([
      'control plane 1.23 → 1.24',
      'add-on vpc-cni',
      'add-on coredns',
      'add-on kube-proxy',
      'create core-b',
      'delete core-a',
      'delete nb-small',
      'create nb-small',
    ]);
    expect(world.cluster().nodeGroups.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'core-b 1.24',
      'nb-small 1.24',
    ]);
    expect(world.notices().map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
    expect(world.doubled()).toEqual([]);
    expect(
      (await checkouts(world)).filter((name) => left.includes(name)),
      'taken away by another worker',
    ).toEqual([]);
    expect(
      (await world.eksctlCalls()).filter((call) => call.startsWith(TWO_AT_ONCE)),
      'none outlived its worker',
    ).toEqual([]);

    expectEveryLineNamesItsRun(first.log() + second.log() + third.log());
    const scraped = await fetch(`http://127.0.0.1:${third.port}/metrics`);
    expect(scraped.headers.get('content-type')).toMatch(/^text\/plain/);
    expectCounted(await scraped.text());
  },
);

scenario.concurrent(
  'while the bot is gone Slack says so to whoever clicks, and the run goes on; the next bot hears the click',
  async ({ startWorld, onTestFinished }) => {
    const names = ['harbor', 'pearl'] as const;
    const world = await startWorld({ clusters: names.map((name) => managed(name, { version: '1.33' })), bot: 'none' });
    const bot = startBotProcess({ half: 'bot', env: world.env, clock: world.clock });
    onTestFinished(bot.kill);
    await bot.ready;
    await Promise.all(names.map((name) => world.types('maya', `/eks-upgrade ${name} 1.34`)));
    await Promise.all(names.map((name) => world.comesTo('awaiting-approval', name)));
    await world.presses('sam', 'Approve', 'harbor');
    await world.eventually(async () => (await world.run('harbor')).state.kind !== 'awaiting-approval');
    await bot.kill();

    const typed = await world.slack.slash({ user: PEOPLE.maya, channel: MAINTENANCE, text: '/eks-upgrade status' });
    expect(typed.kind).toBe('failed');
    expect(world.slack.ephemerals(PEOPLE.maya).at(-1)?.text).toMatch(/failed/);
    await world.eventually(() => world.changes('harbor').includes('control plane 1.33 → 1.34'));
    const next = await startBot(world.env, overridesHere(world.clock));
    onTestFinished(next.stop);
    await world.presses('sam', 'Approve', 'pearl');
    await world.eventually(() => world.changes('pearl').includes('control plane 1.33 → 1.34'));
    expect(world.doubled()).toEqual([]);
  },
);

scenario.concurrent('ten workers share the runs, and nothing is done twice', async ({ startWorld, onTestFinished }) => {
  const names = ['delta', 'reef'] as const;
  const world = await startWorld({
    clusters: names.map((name) => managed(name, { version: '1.33' })),
    worker: 'none',
  });
  const here = overridesHere(world.clock);
  const workers = await Promise.all(Array.from({ length: 10 }, () => startWorkerProcess(world.env, here)));
  onTestFinished(() => Promise.all(workers.map((worker) => worker.stop())).then(() => undefined));
  await Promise.all(
    names.map(async (name) => {
      await world.types('maya', `/eks-upgrade ${name} 1.34`);
      await world.comesTo('awaiting-approval', name);
      await world.presses('sam', 'Approve', name);
      await world.comesTo('succeeded', name);
      expect(world.changes(name)).toEqual([
        'control plane 1.33 → 1.34',
        'add-on kube-proxy',
        'update core to 1.34',
        'update nb-small to 1.34',
      ]);
      expect(world.notices(name).map((notice) => notice.split(':')[0])).toEqual(['start', 'finish']);
    }),
  );
  expect(world.doubled()).toEqual([]);
});

/** Folders of workers, on the disk that they share. */
function checkouts(world: ScenarioWorld): Promise<string[]> {
  return readdir(join(world.env['WORK_DIR'] ?? '', 'git', 'checkouts'));
}

/** How the commands that did not end by themselves ended. */
async function endings(world: ScenarioWorld): Promise<string[]> {
  return (await world.events()).flatMap((event) =>
    event.kind === 'command-ended' && event.outcome.kind !== 'exited' ? [event.outcome.kind] : [],
  );
}

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
  // The config's state is pushed beside the steps, when the run has a new one.
  const ofSteps = ofRuns.filter(({ msg }) =>
    /run event: (step|command|gate)-|updating|running eksctl|did not answer/.test(String(msg)),
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
  expect(value('eks_upgrade_slack_outage_seconds')).toBe(0);
  expect(value('eks_upgrade_runs{state="running"}')).toBe(0);
  expect(value('eks_upgrade_runs_entered_total{state="succeeded"}')).toBe(1);
  expect(value('eks_upgrade_step_duration_seconds_count{phase="verify",outcome="done"}')).toBe(1);
  expect(value('eks_upgrade_commands_total{outcome="exit-0"}')).toBeGreaterThanOrEqual(1);
  expect(
    value('eks_upgrade_aws_requests_total{service="eks",operation="DescribeCluster",outcome="ok"}'),
  ).toBeGreaterThan(0);
  expect(value('eks_upgrade_slack_requests_total{method="chat.postMessage",outcome="ok"}')).toBeGreaterThan(0);
  expect(value('eks_upgrade_ticket_lateness_seconds_count')).toBeGreaterThan(0);
}
