import { hostedProgram } from './hosted-subprocess.ts';

/** A simulated eksctl that runs, and the config it was given. The wrapper becomes the program (`exec`). */
export type EksctlChild = { pid: number; config: string; args: string };

/** What these workers run now: between each and its worker stands a supervisor (src/adapters/die-with-parent.ts). */
export async function eksctlChildrenOf(workers: readonly number[]): Promise<EksctlChild[]> {
  const { stdout } = await hostedProgram('ps', ['-axo', 'pid=,ppid=,args='], {
    env: { PATH: process.env['PATH'] ?? '' },
  });
  const processes = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const config = /--config-file=(\S+)/.exec(args)?.[1];
    return config === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), config, args }];
  });
  const isSupervisor = ({ args }: { args: string }) => args.includes('subprocess-supervisor');
  const supervisors = processes.filter((each) => isSupervisor(each) && workers.includes(each.parent));
  return processes.filter(
    (each) =>
      !isSupervisor(each) &&
      /eksctl(?:\/main\.ts|\.mjs)/.test(each.args) &&
      supervisors.some(({ pid }) => pid === each.parent),
  );
}
