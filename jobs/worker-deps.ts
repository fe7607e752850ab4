import type { Fleet } from '#src/domain/fleet.ts';
import type { ObservedConfig } from '#src/domain/observation.ts';
import type { CopyChange } from '#src/domain/render-copy.ts';
import type { Clock } from '#src/ports/clock.ts';
import type { CloudOf, SightOf } from '#src/ports/cloud.ts';
import type { EditConfig } from '#src/ports/config-editor.ts';
import type { ConfigRepository, ConfigSource } from '#src/ports/config-repository.ts';
import type { Eksctl } from '#src/ports/eksctl.ts';
import type { Log } from '#src/ports/log.ts';
import type { MessageLedger } from '#src/ports/message-ledger.ts';
import type { RunStore } from '#src/ports/run-store.ts';
import type { SetAsides } from '#src/ports/set-asides.ts';
import type { SlackMessages } from '#src/ports/slack.ts';
import type { Tools } from '#src/ports/tools.ts';
import type { ProbeUrl } from '#src/ports/url-probe.ts';
import type { WakeUps } from '#src/ports/wake-ups.ts';

/** What jobs that only look reach the world through: all there is with MODE=observe. */
export type LookingDeps = {
  clock: Clock;
  log: Log;
  fleet: Fleet;
  store: RunStore;
  setAsides: SetAsides;
  ledger: MessageLedger;
  wakeUps: WakeUps;
  cloudOf: SightOf;
  repository: ConfigSource;
  /** A rendered config's text as what the planner reads of it. Throws UserError for what is no ClusterConfig. */
  readConfig: (rendered: string) => Omit<ObservedConfig, 'commit' | 'path'>;
  tools: Tools;
  probeUrl: ProbeUrl;
  /** Removes what workers of this host that are gone left on the disk; the names of what it removed. */
  tidyUp: () => Promise<string[]>;
  slack: SlackMessages;
};

/** Everything the jobs reach the world through. Built by the composition root; tests hand in their own. */
export type WorkerDeps = Omit<LookingDeps, 'cloudOf' | 'repository'> & {
  cloudOf: CloudOf;
  repository: ConfigRepository;
  /** The rendered copy for one command: its version, and the names its core groups live by. */
  renderCopy: (rendered: string, change: CopyChange) => string;
  editConfig: EditConfig;
  eksctl: Eksctl;
};
