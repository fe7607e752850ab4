import { join } from 'node:path';
import type { createCloudOf } from '#src/adapters/cloud.ts';
import { createEksctl } from '#src/adapters/eksctl.ts';
import { createGitConfigRepository } from '#src/adapters/git-config-repository.ts';
import { createJsonnet } from '#src/adapters/jsonnet.ts';
import { removeAbandonedFolders } from '#src/adapters/owned-folders.ts';
import { createRenderConfig } from '#src/adapters/render-config.ts';
import { runSubprocess, type Subprocess } from '#src/adapters/subprocess.ts';
import { createTools } from '#src/adapters/tools.ts';
import type { Config } from '#src/config.ts';

type Doors = { clouds: ReturnType<typeof createCloudOf>; subprocess: Subprocess | undefined };

/** What goes through the one door for child processes, each with its own part of the environment. */
export function childProcesses(config: Config, { clouds, subprocess = runSubprocess }: Doors) {
  const { programs, inheritedEnv, workDirectory, commandLimitMs, lease } = config;
  const { base, aws } = inheritedEnv;
  return {
    repository: createGitConfigRepository(gitSettings(config, subprocess)),
    eksctl: createEksctl({
      program: programs.eksctl,
      inheritedEnv: { ...base, ...aws },
      credentialsOf: clouds.credentialsOf,
      temporaryDirectory: join(workDirectory, 'aws'),
      limitMs: commandLimitMs,
      leaseMs: lease.lockDurationMs,
      subprocess,
    }),
    tools: createTools({ programs, inheritedEnv: base, directory: '/', subprocess }),
  };
}

export function gitSettings({ programs, inheritedEnv: { base, git }, workDirectory }: Config, subprocess: Subprocess) {
  return {
    program: programs.git,
    inheritedEnv: { ...base, ...git },
    cacheDirectory: join(workDirectory, 'git'),
    subprocess,
    render: createRenderConfig(createJsonnet({ program: programs.jsonnet, path: base.PATH ?? '', subprocess })),
  };
}

/** Checkouts and credentials' sockets of workers that were killed. Nothing depends on it, so nothing fails by it. */
export async function tidyUp({ workDirectory }: Config): Promise<string[]> {
  const folders = [join(workDirectory, 'git', 'checkouts'), join(workDirectory, 'aws')];
  return (await Promise.all(folders.map((folder) => removeAbandonedFolders(folder).catch(() => [])))).flat();
}
