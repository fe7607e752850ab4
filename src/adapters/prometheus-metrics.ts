import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CommandOutcome } from '#src/domain/run.ts';
import { RUN_STATES } from '#src/domain/run.ts';
import type { Clock } from '#src/ports/clock.ts';
import type { Metrics } from '#src/ports/metrics.ts';
import type { RunFigures } from './redis-run-figures.ts';

export type PrometheusDeps = {
  version: string;
  role: string;
  clock: Clock;
  /** Read at each scrape. */
  figures: () => Promise<RunFigures>;
};

/** The text that `/metrics` answers with. */
export type Exposition = () => Promise<{ contentType: string; text: string }>;

const SECONDS = 1000;
/** Steps last from a second to hours, people from minutes to days. */
const STEP_BUCKETS = [1, 5, 15, 60, 300, 600, 1200, 2400, 3600, 7200, 14_400];
const WAIT_BUCKETS = [60, 300, 900, 3600, 14_400, 43_200, 86_400, 259_200];
const LATE_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60, 300];
const CALL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/**
 * One registry a context, so that two of them in one process (tests) do not meet. What is counted lives in the process
 * and starts at 0 with it; how runs stand now is read from Redis and is the same in every process: take `max`, not `sum`.
 */
export function createPrometheusMetrics(deps: PrometheusDeps): { metrics: Metrics; expose: Exposition } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'eks_upgrade_info',
    help: 'Version and role of this process',
    labelNames: ['version', 'role'],
    registers: [registry],
  }).set({ version: deps.version, role: deps.role }, 1);
  const readFigures = figureGauges(registry, deps);
  return {
    metrics: { ...runMetrics(registry), ...callMetrics(registry) },
    expose: async () => {
      await readFigures();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

type RunMetrics = Omit<Metrics, 'awsCalled' | 'slackCalled'>;

function runMetrics(registry: Registry): RunMetrics {
  const registers = [registry];
  const entered = new Counter({
    name: 'eks_upgrade_runs_entered_total',
    help: 'Runs that came into a state',
    labelNames: ['state'],
    registers,
  });
  const started = new Counter({
    name: 'eks_upgrade_step_attempts_total',
    help: 'Steps that began; attempt "again" is a retry',
    labelNames: ['phase', 'attempt'],
    registers,
  });
  const waits = new Counter({
    name: 'eks_upgrade_step_waits_total',
    help: 'New things that steps had to wait for',
    labelNames: ['phase'],
    registers,
  });
  const steps = new Histogram({
    name: 'eks_upgrade_step_duration_seconds',
    help: 'From the start of a step to its end',
    labelNames: ['phase', 'outcome'],
    buckets: STEP_BUCKETS,
    registers,
  });
  const people = new Histogram({
    name: 'eks_upgrade_wait_seconds',
    help: 'How long runs waited for an approval, at a gate, or stopped',
    labelNames: ['kind'],
    buckets: WAIT_BUCKETS,
    registers,
  });
  const commands = new Counter({
    name: 'eks_upgrade_commands_total',
    help: 'eksctl commands by how they ended',
    labelNames: ['outcome'],
    registers,
  });
  const late = new Histogram({
    name: 'eks_upgrade_ticket_lateness_seconds',
    help: 'How long after it was due a run was taken in hand',
    buckets: LATE_BUCKETS,
    registers,
  });
  const lost = new Counter({
    name: 'eks_upgrade_claims_lost_total',
    help: 'Times a worker found that another one has the run',
    registers,
  });
  return {
    runEntered: (state) => entered.inc({ state }),
    stepStarted: ({ phase, attempt }) => started.inc({ phase, attempt: attempt === 1 ? 'first' : 'again' }),
    stepWaits: (phase) => waits.inc({ phase }),
    stepEnded: ({ phase, outcome, ms }) => steps.observe({ phase, outcome }, ms / SECONDS),
    waitEnded: ({ kind, ms }) => people.observe({ kind }, ms / SECONDS),
    commandEnded: (outcome) => commands.inc({ outcome: commandLabel(outcome) }),
    ticketStarted: ({ lateMs }) => late.observe(lateMs / SECONDS),
    claimLost: () => lost.inc(),
  };
}

function commandLabel(outcome: CommandOutcome): string {
  if (outcome.kind !== 'exited') return outcome.kind;
  return outcome.code === 0 ? 'exit-0' : 'exit-not-0';
}

function callMetrics(registry: Registry): Pick<Metrics, 'awsCalled' | 'slackCalled'> {
  const registers = [registry];
  const aws = new Counter({
    name: 'eks_upgrade_aws_requests_total',
    help: 'Requests to AWS, each try counted',
    labelNames: ['service', 'operation', 'outcome'],
    registers,
  });
  const awsSeconds = new Histogram({
    name: 'eks_upgrade_aws_request_seconds',
    help: 'How long AWS took to answer a request',
    labelNames: ['service'],
    buckets: CALL_BUCKETS,
    registers,
  });
  const slack = new Counter({
    name: 'eks_upgrade_slack_requests_total',
    help: 'Requests to Slack; throttled is a 429',
    labelNames: ['method', 'outcome'],
    registers,
  });
  return {
    awsCalled: ({ service, operation, outcome, ms }) => {
      aws.inc({ service, operation, outcome });
      awsSeconds.observe({ service }, ms / SECONDS);
    },
    slackCalled: ({ method, outcome }) => slack.inc({ method, outcome }),
  };
}

/** Without Redis the gauges are left out of date rather than the whole scrape refused: what is counted is needed then most. */
function figureGauges(registry: Registry, { clock, figures }: PrometheusDeps): () => Promise<void> {
  const registers = [registry];
  const up = new Gauge({
    name: 'eks_upgrade_redis_up',
    help: '1: Redis answered this scrape and takes writes',
    registers,
  });
  const runs = new Gauge({
    name: 'eks_upgrade_runs',
    help: 'Runs that own a cluster, by state',
    labelNames: ['state'],
    registers,
  });
  const aside = new Gauge({
    name: 'eks_upgrade_runs_set_aside',
    help: 'Runs that could not be read and wait for an operator',
    registers,
  });
  const due = new Gauge({
    name: 'eks_upgrade_oldest_due_seconds',
    help: 'How long the longest waiting run has been due',
    registers,
  });
  const behind = new Gauge({
    name: 'eks_upgrade_slack_unsynced_runs',
    help: 'Runs whose Slack messages lag behind',
    registers,
  });
  const notInGit = new Gauge({
    name: 'eks_upgrade_config_unpushed_runs',
    help: 'Runs whose branch in git does not say yet how their cluster is',
    registers,
  });
  const outage = new Gauge({
    name: 'eks_upgrade_slack_outage_seconds',
    help: 'How long Slack has not answered; 0: it does',
    registers,
  });
  const seconds = (since: number | null) =>
    since === null ? 0 : Math.max(0, clock.realMs(clock.now() - since)) / SECONDS;
  return async () => {
    try {
      const now = await figures();
      // Every state is there from the start, so that an alert on one has a series to look at.
      for (const state of RUN_STATES) runs.set({ state }, now.runsByState.get(state) ?? 0);
      aside.set(now.setAside);
      due.set(seconds(now.oldestDueAt));
      behind.set(now.unsynced);
      notInGit.set(now.unpushed);
      outage.set(seconds(now.slackOutageSince));
      up.set(1);
    } catch {
      up.set(0);
    }
  };
}
