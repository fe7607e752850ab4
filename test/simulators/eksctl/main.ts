/** The simulated eksctl: see README.md. */
import { appendFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { messageOf } from '#src/domain/errors.ts';
import { simulatedClock } from '../clock.ts';
import type { Invocation } from './command.ts';
import { parseCommandLine } from './command-line.ts';
import { noteCompany } from './company.ts';
import { loadConfig } from './config-file.ts';
import { EksctlError } from './eksctl-error.ts';
import { type EksctlFault, faultsFor } from './faults.ts';
import { createLog, type Log } from './log.ts';
import { readSettings } from './settings.ts';
import { VERSION } from './version.ts';

enableCompileCache();
const env = process.env;
process.exitCode = await main(process.argv.slice(2));
process.exit();

async function main(argv: string[]): Promise<number> {
  const settings = readSettings(env);
  if (settings.logPath !== null) appendFileSync(settings.logPath, `${JSON.stringify(argv)}\n`);
  try {
    const { command, flags } = parseCommandLine(argv);
    if (command === 'version') {
      process.stdout.write(`${VERSION}\n`);
      return 0;
    }
    const cluster = await clusterIn(flags);
    if (settings.logPath !== null && cluster !== null) noteCompany(settings.logPath, cluster);
    const faults = faultsFor(settings.faultsFolder, { cluster, command });
    if (faults.includes('gone-at-exec')) return goneAtExec();
    if (faults.includes('exit-0-nothing')) return 0;
    if (faults.includes('hang')) await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
    const clock = simulatedClock(settings.clock);
    const isAnswer = flags.get('output') === 'json';
    const log = createLog(clock.now, (text) => {
      (isAnswer ? process.stderr : process.stdout).write(text);
    });
    if (faults.includes('output-100-mb')) await failWithMuchOutput(log, { now: clock.now, cluster: cluster ?? '' });
    await run(command, {
      flags,
      log,
      clock,
      print: (text) => {
        process.stdout.write(text);
      },
      endpoint: env['AWS_ENDPOINT_URL'],
      believedExisting: faults.includes('will-be-excluded') ? (flags.get('include') ?? '').split(',') : [],
      onChange: () => dieIf(faults),
    });
    if (faults.includes('eksctl-exits-1'))
      throw new Error('the server has asked for the client to provide credentials');
    return 0;
  } catch (error) {
    process.stderr.write(`Error: ${messageOf(error)}\n`);
    return 1;
  }
}

/** null: it cannot be told, and the command itself will say why. */
async function clusterIn(flags: ReadonlyMap<string, string>): Promise<string | null> {
  return loadConfig(flags).then(
    ({ metadata }) => metadata.name,
    () => null,
  );
}

/** With the first change answered and everything else undone, as the kernel does it when memory is short. */
function dieIf(faults: readonly EksctlFault[]): void {
  if (faults.includes('killed')) process.kill(process.pid, 'SIGKILL');
}

/** setpriv's words and exit code (util-linux, include/exitcodes.h) for a program that went between the look and the exec. */
function goneAtExec(): number {
  process.stderr.write('setpriv: failed to execute eksctl: No such file or directory\n');
  return 127;
}

async function failWithMuchOutput(log: Log, { now, cluster }: { now: () => number; cluster: string }): Promise<never> {
  let block = '';
  createLog(now, (line) => {
    block = line.repeat(1024);
  }).info('waiting for CloudFormation stack "eksctl-nodegroup"'.padEnd(1000, '.'));
  for (let written = 0; written < 100 * 1024 * 1024; written += block.length) {
    if (!process.stdout.write(block)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
  log.critical('exceeded max wait time for StackCreateComplete waiter');
  throw new EksctlError(`failed to create nodegroups for cluster "${cluster}"`);
}

/** Loaded by command: most of a start is loading. */
async function run(command: string, invocation: Invocation): Promise<void> {
  switch (command) {
    case 'create nodegroup':
      return (await import('./create-nodegroup.ts')).createNodegroup(invocation);
    case 'delete nodegroup':
      return (await import('./delete-nodegroup.ts')).deleteNodegroup(invocation);
    case 'get nodegroup':
      return (await import('./get-nodegroup.ts')).getNodegroup(invocation);
    case 'create iamidentitymapping':
      return (await import('./create-iamidentitymapping.ts')).createIamIdentityMapping(invocation);
    case 'utils update-kube-proxy':
      return (await import('./update-kube-proxy.ts')).updateKubeProxy(invocation);
    case 'utils update-aws-node':
      return (await import('./update-aws-node.ts')).updateAwsNode(invocation);
    case 'utils update-coredns':
      return (await import('./update-coredns.ts')).updateCoredns(invocation);
    default:
      throw new Error(`no code for the command ${command}`);
  }
}
