import { type PendingState, pendingState } from '#src/domain/config-state.ts';
import { messageOf } from '#src/domain/errors.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Run } from '#src/domain/run.ts';
import type { RunEvent, RunFact } from '#src/domain/run-events.ts';
import { isStorageAway } from '#src/domain/storage-away.ts';
import { branchLink, upgradeBranch } from '#src/domain/upgrade-branch.ts';
import type { Claim } from '#src/ports/run-store.ts';
import { idsOf } from './ids-of.ts';
import { clusterOf } from './observe-cluster.ts';
import { confirmClaim, isClaimLost } from './ownership.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Run time: the first retry of a push that failed; each later one waits twice as long. */
const RETRY_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 60 * 60_000;

/**
 * Git tells the truth early: the run's branch holds the real state after each hop, after each swap of a core group and at
 * a stop. As with Slack it is a projection: what should stand there follows from the run, and one state after the other is
 * made so, each in a commit of its own, when the run would otherwise rest. Nothing waits for it, and a push that fails is
 * noted and tried again; that the config is in git in the end is for the step `commit-config` to see.
 */
export async function pushConfigState(deps: WorkerDeps, { claim, run }: { claim: Claim; run: Run }): Promise<void> {
  const fact = await push(deps, { claim, run });
  if (fact === null) return;
  const event: RunEvent = { at: deps.clock.now(), by: 'bot', ...fact };
  await deps.store.change({
    runId: run.id,
    claim,
    wakeAt: null,
    decide: (fresh) => (isStillNews(fresh, fact) ? [event] : []),
  });
}

function isStillNews(fresh: Run, fact: RunFact): boolean {
  return fact.kind !== 'config-pushed' || (fresh.configInGit?.pushed?.sequence ?? 0) < fact.sequence;
}

async function push(deps: WorkerDeps, { claim, run }: { claim: Claim; run: Run }): Promise<RunFact | null> {
  const pending = ['running', 'waiting', 'stopped'].includes(run.state.kind) ? pendingState(run) : null;
  if (pending === null || isResting(run, deps.clock.now())) return null;
  const cluster = clusterOf(deps.fleet, run.cluster);
  const branch = upgradeBranch(run.cluster, run.to);
  const place = { branch, link: branchLink(cluster.config.remote, branch) };
  try {
    const commit = await putInGit(deps, { run, cluster, pending, confirm: () => confirmClaim(deps, claim) });
    return { kind: 'config-pushed', ...place, commit, ...pending };
  } catch (error) {
    if (isStorageAway(error) || isClaimLost(error)) throw error;
    const why = messageOf(error).split('\n')[0] ?? '';
    deps.log.warn({ ...idsOf(run), branch, err: messageOf(error) }, 'cannot push the state of the config yet');
    return { kind: 'config-not-pushed', ...place, why };
  }
}

function isResting({ configInGit }: Run, now: number): boolean {
  const failure = configInGit?.failure ?? null;
  return failure !== null && now < failure.at + Math.min(RETRY_MS * 2 ** (failure.tries - 1), LONGEST_RETRY_MS);
}

type Put = { run: Run; cluster: FleetCluster; pending: PendingState; confirm: () => Promise<void> };

/** The commit that the branch has on the remote afterwards; null: the config at the plan's commit says so already. */
export async function putInGit(
  deps: WorkerDeps,
  { run, cluster: { config }, pending, confirm }: Put,
): Promise<string | null> {
  const { plan } = run;
  if (plan === null) throw new Error(`run ${run.id} has no plan whose config could be changed`);
  const { state, sequence } = pending;
  const checkout = await deps.repository.checkout(config, plan.config.commit);
  try {
    const { source } = checkout;
    const text = await deps.editConfig({ checkout, path: config.path, to: state.version, renames: state.renames });
    if (text === source && (run.configInGit?.pushed?.commit ?? null) === null) return null;
    const branch = upgradeBranch(run.cluster, run.to);
    await confirm();
    deps.log.info({ ...idsOf(run), branch, version: state.version }, 'pushing the changed config');
    const { commit } = await deps.repository.commitAndPush({
      location: config,
      parent: plan.config.commit,
      branch,
      files: { [config.path]: text },
      message: commitMessage(run, pending),
      state: { series: run.id, sequence },
    });
    return commit;
  } finally {
    await checkout.dispose();
  }
}

function commitMessage({ cluster, plan, to }: Run, { state: { version, renames } }: PendingState): string {
  const what =
    version === to
      ? `Upgrade ${cluster} from ${plan?.from} to ${to}`
      : `Upgrade ${cluster} to ${version}, on the way from ${plan?.from} to ${to}`;
  const names = renames
    .map(({ from, to: name }) => `\n\nThe core node group is now ${name} (it was ${from}).`)
    .join('');
  return `${what}${names}`;
}
