import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { CommandOutcome } from '#src/domain/run.ts';
import type { Eksctl, EksctlCommand } from '#src/ports/eksctl.ts';
import type { CredentialProvider } from './aws-clients.ts';
import { serveAwsProfile } from './aws-profile.ts';
import { runSubprocess, type Subprocess, type SubprocessResult } from './subprocess.ts';

export type EksctlDeps = {
  /** Setting EKSCTL: a name in PATH or a path. */
  program: string;
  /** Environment to take eksctl's part from. */
  inheritedEnv: Readonly<Record<string, string>>;
  /** Credentials for a cluster: the bot's own, or those of the cluster's role. */
  credentialsOf: (cluster: FleetCluster) => CredentialProvider;
  /** A short path: a unix socket goes below. */
  temporaryDirectory: string;
  /** Of one command, real milliseconds. */
  limitMs: number;
  /**
   * Of a job, real milliseconds: a worker that is stopped or hangs must have no eksctl any more when another one may start
   * one.
   */
  leaseMs: number;
  subprocess?: Subprocess;
};

/** Never keys, and nothing of Slack or Redis. */
const INHERITED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'AWS_CA_BUNDLE',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_STS_REGIONAL_ENDPOINTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
] as const;

/** What people are shown of a long output. */
const LAST_LINES = 40;
const LAST_CHARACTERS = 6_000;

export function createEksctl(deps: EksctlDeps): Eksctl {
  const { subprocess = runSubprocess } = deps;
  const inherited = inheritedPart(deps.inheritedEnv);
  return {
    run: async (command) => {
      await mkdir(deps.temporaryDirectory, { recursive: true, mode: 0o700 });
      const profile = await serveAwsProfile({
        credentials: deps.credentialsOf(command.cluster),
        region: command.cluster.region,
        temporaryDirectory: deps.temporaryDirectory,
      });
      try {
        return await withConfigFile(command, async (file) =>
          outcomeOf(
            await subprocess({
              program: deps.program,
              args: [...command.args, `--config-file=${file}`, '--color=false'],
              cwd: command.workingDirectory,
              env: { ...inherited, ...profile.env },
              timeoutMs: deps.limitMs,
              silenceMs: silenceMs(deps),
              signal: command.signal,
            }),
          ),
        );
      } finally {
        await profile.dispose();
      }
    },
  };
}

/**
 * BullMQ renews a lease when half of it is over (worker.ts, `lockRenewTime`): of a worker that stops, at least the other
 * half is left. No less than a busy machine may keep a process waiting.
 */
function silenceMs({ leaseMs }: EksctlDeps): number {
  return Math.max(leaseMs / 3, 5000);
}

function inheritedPart(env: Readonly<Record<string, string>>): Record<string, string> {
  const isWanted = (name: string): boolean =>
    // AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    INHERITED.some((inherited) => inherited === name) ||
    name === 'AWS_ENDPOINT_URL' ||
    name.startsWith('AWS_ENDPOINT_URL_');
  return Object.fromEntries(Object.entries(env).filter(([name]) => isWanted(name)));
}

/** Beside the original, with a name of its own: two commands may use one checkout, and a config can hold secrets. */
async function withConfigFile<T>(
  { config, workingDirectory }: EksctlCommand,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const file = join(workingDirectory, `.eks-upgrade-${randomUUID()}.json`);
  await writeFile(file, config, { flag: 'wx', mode: 0o600 });
  try {
    return await use(file);
  } finally {
    await rm(file, { force: true });
  }
}

function outcomeOf(result: SubprocessResult): CommandOutcome {
  switch (result.kind) {
    case 'spawn-failed':
      return { kind: 'spawn-failed', message: result.message };
    case 'exited':
      return { kind: 'exited', code: result.code, lastLines: lastLines(result.all) };
    case 'timed-out':
      return { kind: 'timed-out', lastLines: lastLines(result.all) };
    case 'killed':
      return { kind: 'killed', lastLines: lastLines(result.all) };
    default:
      return result satisfies never;
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n').slice(-LAST_CHARACTERS);
}
