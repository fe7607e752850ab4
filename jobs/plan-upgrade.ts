import { type HealthBefore, healthBefore } from '#src/domain/cluster-health.ts';
import { TransientError } from '#src/domain/errors.ts';
import type { Observation } from '#src/domain/observation.ts';
import { type Planned, planUpgrade } from '#src/domain/plan-upgrade.ts';
import type { Run } from '#src/domain/run.ts';
import type { RunFact } from '#src/domain/run-events.ts';
import { snapshotOf } from '#src/domain/snapshot.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import { wishesOf, wishText } from './access-wishes.ts';
import type { Decided } from './decided.ts';
import { failureOf } from './failure.ts';
import { idsOf } from './ids-of.ts';
import { notMappedIn, OBSERVER, UPGRADER } from './not-mapped.ts';
import { clusterOf, observeCluster } from './observe-cluster.ts';
import { seeHealth } from './see-health.ts';
import type { LookingDeps } from './worker-deps.ts';

const HOUR = 3_600_000;

/** How long planning waits for an outside that does not answer before it says so (run time). */
const PLANNING_PATIENCE_MS = 5 * 60_000;

/** Settings do not heal by waiting; a name or a network that is away for a moment does. */
const NAMED_PATIENCE_MS = 30_000;

function patienceFor({ code }: TransientError): number {
  return code.startsWith('ApiServer') ? NAMED_PATIENCE_MS : PLANNING_PATIENCE_MS;
}

/** Observes and plans. What stands in the way is a stop in words that can be retried; what policy forbids is a refusal. */
export async function planRun(deps: LookingDeps, run: Run): Promise<Decided> {
  try {
    const { observation, planned } = await observeAndPlan(deps, run);
    return { facts: [factOf(deps, planned, observation)], inMs: 0 };
  } catch (error) {
    return planningFailed(deps, { run, error });
  }
}

/** With MODE=observe the plan is all there is: it ends the run, whatever it says, and nobody is asked to approve it. */
export async function observePlan(deps: LookingDeps, run: Run): Promise<Decided> {
  try {
    const { observation, planned } = await observeAndPlan(deps, run);
    if (planned.kind === 'nothing-to-do') return { facts: [factOf(deps, planned, observation)], inMs: 0 };
    const { plan } = planned;
    const review = await deps.cloudOf(clusterOf(deps.fleet, run.cluster)).kubernetes.reviewAccess(wishesOf(plan));
    const lacking = review.kind === 'denied' ? review.missing.map(wishText) : [];
    return { facts: [{ kind: 'observed', plan, lacking }], inMs: 0 };
  } catch (error) {
    return planningFailed(deps, { run, error, part: OBSERVER });
  }
}

/**
 * The approved upgrade begins: observed and planned once more. The same hash goes ahead with the fresh plan; another
 * plan was approved by nobody, so the card asks again and shows what changed.
 */
export async function beginRun(deps: LookingDeps, run: Run): Promise<Decided> {
  try {
    const { observation, planned } = await observeAndPlan(deps, run);
    if (planned.kind === 'plan' && planned.plan.hash === run.approval?.planHash) {
      const before = snapshotOf(observation);
      return {
        facts: [{ kind: 'started', plan: planned.plan, before, ...(await healthNow(deps, run, observation)) }],
        inMs: 0,
      };
    }
    const fact = factOf(deps, planned, observation);
    return { facts: [fact.kind === 'planned' ? { ...fact, kind: 'plan-changed' } : fact], inMs: 0 };
  } catch (error) {
    return planningFailed(deps, { run, error });
  }
}

/** A bot that is not let in yet sees it as the bootstrap role; without one the `access` step does, as soon as it is let in. */
async function healthNow(
  deps: LookingDeps,
  run: Run,
  { mapping }: Observation,
): Promise<{ healthBefore?: HealthBefore }> {
  const cluster = clusterOf(deps.fleet, run.cluster);
  const cloud = deps.cloudOf(cluster);
  const kubernetes = mapping === undefined ? cloud.kubernetes : cloud.bootstrap;
  return kubernetes === null ? {} : { healthBefore: healthBefore(await seeHealth(deps, cluster, kubernetes)) };
}

export async function observeAndPlan(
  deps: LookingDeps,
  run: Run,
): Promise<{ observation: Observation; planned: Planned }> {
  const cluster = clusterOf(deps.fleet, run.cluster);
  deps.log.info({ ...idsOf(run), to: run.to }, 'observing the cluster and planning');
  const observation = await observeCluster(deps, { cluster, to: run.to });
  const planned = planUpgrade({
    observation,
    to: run.to,
    policy: {
      skew: cluster.skewPolicy,
      coreGroups: cluster.coreGroups,
      allowAmiFamilyChange: cluster.allowAmiFamilyChange,
      overwriteAddons: cluster.overwriteAddons === true,
      proveEmptyGroups: cluster.proveEmptyGroups,
      drainsCore: cluster.core.drain,
    },
    previous: run.plan,
    now: deps.clock.now(),
  });
  return { observation, planned };
}

type PlannedFact = Extract<RunFact, { kind: 'planned' | 'plan-refused' | 'nothing-to-do' }>;

function factOf({ clock, fleet }: LookingDeps, planned: Planned, observation: Observation): PlannedFact {
  if (planned.kind === 'nothing-to-do') return { kind: 'nothing-to-do', snapshot: snapshotOf(observation) };
  const { plan } = planned;
  return plan.refusals.length > 0
    ? { kind: 'plan-refused', plan }
    : { kind: 'planned', plan, expiresAt: clock.now() + fleet.approvalHours * HOUR };
}

type Failed = { run: Run; error: unknown; part?: typeof UPGRADER };

async function planningFailed(deps: LookingDeps, { run, error, part = UPGRADER }: Failed): Promise<Decided> {
  if (isStorageAway(error)) throw error;
  const cluster = clusterOf(deps.fleet, run.cluster);
  if (error instanceof TransientError && error.code === 'KubernetesUnauthorized') {
    try {
      return {
        facts: [{ kind: 'planning-failed', failure: await notMappedIn(deps.cloudOf(cluster), cluster, part) }],
        inMs: 0,
      };
    } catch (cause) {
      // AWS does not say who the bot is, for example because its credentials have expired: that explains the 401.
      return planningFailed(deps, { run, error: cause, part });
    }
  }
  const since = Math.max(
    run.requestedAt,
    run.approval?.at ?? 0,
    ...run.stops.map(({ resolution }) => ('at' in resolution ? resolution.at : 0)),
  );
  if (error instanceof TransientError && deps.clock.now() - since < patienceFor(error)) {
    deps.log.warn(
      { ...idsOf(run), code: error.code, err: error.message },
      'cannot observe the cluster yet, looking again',
    );
    return { facts: [], inMs: 15_000 };
  }
  deps.log.error({ ...idsOf(run), err: error }, 'the plan could not be made');
  return { facts: [{ kind: 'planning-failed', failure: failureOf(error) }], inMs: 0 };
}
