import type { FleetCluster } from '#src/domain/fleet.ts';
import type { CommandOutcome } from '#src/domain/run.ts';

/** The eksctl CLI. What it prints and returns proves nothing. */
export type Eksctl = {
  run: (command: EksctlCommand) => Promise<CommandOutcome>;
};

export type EksctlCommand = {
  cluster: FleetCluster;
  /** e.g. `['create', 'nodegroup', '--include=core-b']`; `--config-file`, `--color=false` are added here. */
  args: string[];
  /** The rendered config (JSON text), written beside the original so that relative paths in it work. */
  config: string;
  /** The config's folder in the checkout. */
  workingDirectory: string;
  signal: AbortSignal;
};
