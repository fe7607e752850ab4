import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostedSubprocess } from '#test/support/hosted-subprocess.ts';
import { clockFromNow } from '../clock.ts';
import type { CloudOptions, ClusterConfig, WorldSeed } from '../cloud/options.ts';
import { type CloudSimulator, startCloudSimulator } from '../cloud/start-cloud-simulator.ts';
import { admin } from '../cloud/testing.ts';
import { type EksctlFault, type EksctlFaultRule, setEksctlFaults } from './faults.ts';
import { writeEksctlWrapper } from './write-eksctl-wrapper.ts';

/** A simulated cloud with one cluster, and the simulated eksctl beside it, run as a person would in a shell. */
export type EksctlWorld = {
  cloud: CloudSimulator;
  /** Runs `eksctl <args> --config-file=…` with this config. */
  eksctl: (args: string[], config?: unknown) => Promise<{ exitCode: number; stdout: string; stderr: string }>;
  invocations: () => Promise<string[][]>;
  changeFaults: (faults: (EksctlFault | EksctlFaultRule)[]) => Promise<void>;
  stop: () => Promise<void>;
};

export const COAST = {
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: { name: 'coast', region: 'us-west-2', version: '1.23' },
  nodeGroups: [
    { name: 'core-a', instanceType: 'm5.xlarge', minSize: 1, maxSize: 6, desiredCapacity: 1 },
    { name: 'nb-m5-large', instanceType: 'm5.large', minSize: 0, maxSize: 500, desiredCapacity: 0 },
    {
      name: 'dask-m5-large',
      instancesDistribution: { instanceTypes: ['m5.large'] },
      minSize: 0,
      maxSize: 500,
      desiredCapacity: 0,
    },
  ],
} satisfies ClusterConfig;

/** As COAST, with the core group under its next name. */
export const COAST_B = {
  ...COAST,
  nodeGroups: COAST.nodeGroups.map((group) => (group.name === 'core-a' ? { ...group, name: 'core-b' } : group)),
};

export async function startEksctlWorld({
  world = {},
  options = {},
  faults = [],
}: {
  world?: Partial<WorldSeed>;
  options?: Partial<CloudOptions>;
  faults?: (EksctlFault | EksctlFaultRule)[];
} = {}): Promise<EksctlWorld> {
  const clock = clockFromNow(600);
  const cloud = await startCloudSimulator({
    clock,
    worlds: [{ config: COAST, account: '111122223333', ...world }],
    principals: [admin],
    ...options,
  });
  const directory = await mkdtemp(join(tmpdir(), 'eksctl-world-'));
  const logPath = join(directory, 'eksctl.jsonl');
  const program = await writeEksctlWrapper({ directory, clock, faults, logPath });
  const configFile = join(directory, 'config.json');
  return {
    cloud,
    eksctl: async (args, config = world.config ?? COAST) => {
      await writeFile(configFile, typeof config === 'string' ? config : JSON.stringify(config));
      const all = args[0] === 'version' ? args : [...args, `--config-file=${configFile}`, '--color=false'];
      const env = { PATH: '/usr/bin:/bin', HOME: directory, ...cloud.environment };
      const request = { program, args: all, cwd: directory, env, timeoutMs: 15_000, stdout: 'data' } as const;
      const ended = await hostedSubprocess(request);
      if (ended.kind === 'spawn-failed') throw new Error(ended.message);
      const [stdout, stderr] = [ended.stdout.trimEnd(), ended.stderr.trimEnd()];
      return { exitCode: ended.kind === 'exited' ? ended.code : -1, stdout, stderr };
    },
    invocations: async () =>
      (await readFile(logPath, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as string[]),
    changeFaults: (changed) => setEksctlFaults(directory, changed),
    stop: async () => {
      await cloud.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
