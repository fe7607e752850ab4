import { randomUUID } from 'node:crypto';
import { appendFile, chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What each does and where that is known from: README.md. */
export const GIT_FAULTS = [
  'unreachable',
  'repository-gone',
  'push-refused',
  'push-races',
  'push-cut-off',
  'push-hangs',
  'server-disk-full',
  'disk-full',
] as const;
export type GitFault = (typeof GIT_FAULTS)[number];

/** What is left out means all: every cluster, every time. */
export type GitFaultRule = { name: GitFault; cluster?: string; times?: number };

export type FaultyGit = {
  /** For the settings GIT and GIT_SSH_COMMAND. */
  program: string;
  sshCommand: string;
  /** Address of the repository for a fleet file. With the cluster in it, faults can be those of one cluster. */
  remoteOf: (cluster: string) => string;
  setFaults: (faults: readonly (GitFault | GitFaultRule)[]) => Promise<void>;
  /** Beside those that there are; what of them is used up stays so. */
  addFaults: (faults: readonly (GitFault | GitFaultRule)[]) => Promise<void>;
  /** A push of this cluster that hangs goes on, and none hangs any more. */
  goOn: (cluster: string) => Promise<void>;
};

const HOST = 'git.example.org';
const FAULTS_FILE = 'git-faults';
const USED_FOLDER = 'git-faults-used';

/**
 * A team's git server in front of a bare repository of this machine: real git on both ends, and between them an ssh that
 * goes nowhere (shims `ssh` and `git` of this folder). Both shims read the file of faults anew each time.
 */
export async function createFaultyGit({ bare, directory }: { bare: string; directory: string }): Promise<FaultyGit> {
  const folder = join(directory, 'git-server');
  await mkdir(join(folder, USED_FOLDER), { recursive: true });
  const shims = import.meta.dirname;
  const variables = { SIMULATED_GIT_BARE: bare, SIMULATED_GIT_FOLDER: folder };
  // A name of its own: git asks a program that is not called ssh what kind of ssh it is.
  const [program, ssh] = await Promise.all([
    writeShim(join(folder, 'git'), { variables, shim: join(shims, 'git.sh') }),
    writeShim(join(folder, 'ssh'), { variables, shim: join(shims, 'ssh.sh') }),
    installHooks(bare),
    setGitFaults(folder, []),
  ]);
  return {
    program,
    sshCommand: ssh,
    remoteOf: (cluster) => `ssh://git@${HOST}/${cluster}/clusters.git`,
    setFaults: (faults) => setGitFaults(folder, faults),
    addFaults: (faults) => appendFile(join(folder, FAULTS_FILE), linesOf(faults)),
    goOn: (cluster) => writeFile(join(folder, `goes-on-${cluster}`), ''),
  };
}

async function writeShim(
  path: string,
  { variables, shim }: { variables: Record<string, string>; shim: string },
): Promise<string> {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`);
  await writeFile(path, ['#!/bin/sh', ...lines, `exec sh '${shim}' "$@"`, ''].join('\n'), { mode: 0o755 });
  return path;
}

/** They do nothing unless the simulated ssh, which is what a server's sshd is here, tells them to. */
async function installHooks(bare: string): Promise<void> {
  for (const hook of ['pre-receive', 'reference-transaction']) {
    const path = join(bare, 'hooks', hook);
    await mkdir(join(bare, 'hooks'), { recursive: true });
    await writeFile(path, `#!/bin/sh\nexec sh '${join(import.meta.dirname, `${hook}.sh`)}' "$@"\n`);
    await chmod(path, 0o755);
  }
}

/** From the next git command on there are these faults and no others. */
async function setGitFaults(folder: string, faults: readonly (GitFault | GitFaultRule)[]): Promise<void> {
  const path = join(folder, FAULTS_FILE);
  await writeFile(`${path}.new`, linesOf(faults));
  await rename(`${path}.new`, path);
}

/** Each with an id of its own, by which its turns are counted. */
function linesOf(faults: readonly (GitFault | GitFaultRule)[]): string {
  const lines = faults.map((fault) => {
    const { name, cluster = '*', times = 0 } = typeof fault === 'string' ? { name: fault } : fault;
    if (!GIT_FAULTS.includes(name)) throw new Error(`unknown fault ${name}: use one of ${GIT_FAULTS.join(', ')}`);
    return `${name} ${cluster} ${times} ${randomUUID()}\n`;
  });
  return lines.join('');
}
