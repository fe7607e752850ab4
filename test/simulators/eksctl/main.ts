/** The simulated eksctl: see README.md. */
import { appendFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { messageOf } from '#src/domain/errors.ts';
import { simulatedClock } from '../clock.ts';
import type { Invocation } from './command.ts';
import { parseCommandLine } from './command-line.ts';
import { createLog } from './log.ts';
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
    if (settings.faults.includes('exit-0-nothing')) return 0;
    if (settings.faults.includes('hang')) await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
    const clock = simulatedClock(settings.clock);
    const isAnswer = flags.get('output') === 'json';
    const log = createLog(clock.now, (text) => {
      (isAnswer ? process.stderr : process.stdout).write(text);
    });
    await run(command, {
      flags,
      log,
      clock,
      print: (text) => {
        process.stdout.write(text);
      },
      endpoint: env['AWS_ENDPOINT_URL'],
    });
    if (settings.faults.includes('eksctl-exits-1'))
      throw new Error('the server has asked for the client to provide credentials');
    return 0;
  } catch (error) {
    process.stderr.write(`Error: ${messageOf(error)}\n`);
    return 1;
  }
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
