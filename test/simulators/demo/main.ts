import '../../../script/require-node.js';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { type KubernetesVersion, minorOf, parseVersion, versionOfMinor } from '#src/domain/version.ts';
import { actPeople } from './auto.ts';
import { clusterSnapshot } from './cloud-looks.ts';
import { type DemoFleet, demoFleet } from './fleet.ts';
import { mergeUpgrades } from './merge-upgrades.ts';
import { type DemoOptions, parseDemoOptions } from './options.ts';
import { makeReport, type Report } from './report.ts';
import { startDemoWorld } from './world.ts';

/** The demo: a page to click in, or with `--auto` the whole story without questions. */
async function demo(args: string[]): Promise<void> {
  const options = parseDemoOptions(args);
  const fleet = await demoFleet(options);
  if (options.auto) return auto(options, fleet);
  const world = await startDemoWorld(options, fleet);
  const colleague = mergeUpgrades(world, fleet);
  const stop = async (): Promise<void> => {
    await colleague.stop();
    await world.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
  process.stdout.write(welcome(world.slack.url, { speed: options.speed, logFile: world.logFile }));
}

function welcome(url: string, { speed, logFile }: { speed: number; logFile: string }): string {
  return [
    '',
    `  Open ${url}`,
    '',
    '  Type  /eks-upgrade coast 1.24  as Maya, then act as Sam and press Approve.',
    `  Time runs ${speed} times as fast. The log is ${logFile}. Ctrl-C ends everything.`,
    '',
    '',
  ].join('\n');
}

async function auto(options: DemoOptions, fleet: DemoFleet): Promise<void> {
  const { cluster, to } = goalOf(options, fleet);
  const startedAt = Date.now();
  const world = await startDemoWorld(options, fleet);
  try {
    const before = await clusterSnapshot(world.cloudUrl, cluster);
    const target = to ?? versionOfMinor(minorOf(before.version) + 1);
    const outcome = await actPeople(world, {
      cluster,
      to: target,
      timeoutMs: options.timeoutSeconds * 1000 - (Date.now() - startedAt),
    });
    const report = await makeReport({ world, cluster, to: target, before, outcome, startedAt });
    process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : inWords(report));
    process.exitCode = report.ok ? 0 : 1;
  } finally {
    await world.stop();
  }
}

/** The cluster named, else the config's only one (`coast` of the example fleet). */
function goalOf(
  { cluster, to }: DemoOptions,
  { clusters }: DemoFleet,
): { cluster: string; to: KubernetesVersion | null } {
  const name = cluster ?? clusters[0]?.name ?? '';
  const found = clusters.find((candidate) => candidate.name === name);
  if (found === undefined)
    throw new UserError(
      'Usage',
      `--cluster "${name}" is not in the fleet: it has ${clusters.map((each) => each.name).join(', ')}`,
    );
  const version = found.config.metadata.version;
  if (typeof version !== 'string' || parseVersion(version) === undefined) {
    throw new UserError(
      'BadConfig',
      `${found.file} has metadata.version ${JSON.stringify(version)}, which is not a quoted version like "1.24"`,
    );
  }
  return { cluster: name, to };
}

function inWords({ ok, run, before, after, notices, wallMs, simulatedMs }: Report): string {
  const minutes = Math.round(simulatedMs / 60_000);
  return [
    `${ok ? 'ok' : 'not ok'}: ${run.state}${run.reason === null ? '' : `: ${run.reason}`}`,
    `control plane ${before.version} → ${after.version}; ${after.nodeGroups.length} node groups; ${minutes} simulated minutes in ${(wallMs / 1000).toFixed(1)} s`,
    ...notices.map((text) => `\n${text}`),
    '',
  ].join('\n');
}

try {
  await demo(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `${error instanceof UserError ? messageOf(error) : `the demo failed: ${error instanceof Error ? error.stack : String(error)}`}\n`,
  );
  process.exitCode = error instanceof UserError ? 2 : 1;
}
