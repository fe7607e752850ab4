import { type Comparison, compareHealth, type HealthBefore } from '#src/domain/cluster-health.ts';
import { proveGroup } from '#src/domain/group-proof.ts';
import type { ObservedNodeGroup } from '#src/domain/observation.ts';
import type { Plan } from '#src/domain/plan.ts';
import type { Failure, Run } from '#src/domain/run.ts';
import { clearLeftovers } from '../clear-leftovers.ts';
import { rolesKeptOut, withoutReadyNode } from '../let-in.ts';
import type { PhaseContext, PhaseRunner } from '../phase.ts';
import { CORE_ADDONS, seeNodeGroups } from '../see-cluster.ts';
import { seeHealth } from '../see-health.ts';
import { harmlessPullFailure } from './kube-proxy-image.ts';

/** What must be healthy again, and how long it may take (run time). */
const LIMIT_MS = 10 * 60_000;

/**
 * The whole cluster once more, from outside: control plane, every expected group, every core add-on; then all that was
 * well when the run began is well again, and nothing of the run is left.
 */
export const verify: PhaseRunner<'verify'> = async (context) => {
  const { run, step, progress, now } = context;
  const { problems, evidence } = await seeUpgraded(context);
  const health = run.healthBefore === undefined ? null : await seeAgain(context, run.healthBefore);
  const left = await clearLeftovers(context);
  const all = [...problems, ...(health?.unwell ?? []), ...left.problems];
  const notBack = health?.notBack ?? [];
  if (all.length + notBack.length === 0) {
    return { kind: 'done', evidence: [...evidence, ...(health?.evidence ?? []), ...left.evidence], notes: left.notes };
  }
  if (now - progress.at < LIMIT_MS) {
    const workloads = notBack.length === 0 ? [] : [`${areNotBack(health?.count ?? 0)}: ${shortened(notBack)}`];
    const notYet = [...all, ...workloads].join('; ');
    return { kind: 'wait', for: `everything to be healthy; not yet: ${notYet}`, pollMs: 15_000 };
  }
  return {
    kind: 'failed',
    failure: failureOf({ version: step.version, problems: all, notBack, count: health?.count ?? 0 }),
  };
};

type Context = Pick<PhaseContext<'verify'>, 'deps' | 'cloud' | 'cluster' | 'run' | 'plan' | 'step'>;

async function seeUpgraded({
  cloud,
  cluster,
  run,
  plan,
  step,
}: Context): Promise<{ problems: string[]; evidence: string[] }> {
  const seen = await cloud.eks.describeCluster(cluster.name);
  const groups = await seeNodeGroups(cloud, cluster.name);
  const proofs = step.nodeGroups.map(({ name }) => ({
    name,
    proof: proveGroup(
      groups.find((group) => group.name === name),
      step.version,
    ),
  }));
  const addons = await Promise.all(
    CORE_ADDONS.map(async (name) => ({ name, workload: await cloud.kubernetes.addonWorkload(name) })),
  );
  const keptOut = await rolesKeptOut(cloud, { cluster: cluster.name, groups: createdWithoutNodes(plan, groups) });
  const nodes = groups.flatMap((group) => (step.nodeGroups.some(({ name }) => name === group.name) ? group.nodes : []));
  return {
    problems: [
      ...keptOut.map(({ group, role }) => `node group ${group}: nothing lets nodes with the role ${role} in`),
      ...(seen.version === step.version && seen.status === 'ACTIVE'
        ? []
        : [`the control plane is ${seen.status} at ${seen.version}`]),
      ...proofs.flatMap(({ name, proof }) =>
        proof.kind === 'proven' ? [] : [`node group ${name}: ${proof.kind.replaceAll('-', ' ')}`],
      ),
      ...addons.flatMap(({ name, workload }) => {
        if (workload === null) return wasThere(run, name) ? [`${name}: not there any more`] : [];
        if (workload.rolledOut || harmlessPullFailure(name, step.version, workload) !== null) return [];
        return [`${name}: ${workload.progress}`];
      }),
    ],
    evidence: [
      `EKS shows the control plane ACTIVE at ${step.version}`,
      `${proofs.length} node groups proven at ${step.version}, ${nodes.length} nodes Ready`,
      ...addons.flatMap(({ name, workload }) => (workload?.rolledOut ? [`${name} rolled out`] : [])),
    ],
  };
}

type Again = Pick<Comparison, 'notBack' | 'count' | 'unwell'> & { evidence: string[] };

async function seeAgain({ deps, cluster }: Context, before: HealthBefore): Promise<Again> {
  const now = await seeHealth(deps, cluster);
  const { notBack, count, deleted, unwell, asBefore } = compareHealth(before, now);
  const ready = [...Object.values(before.ready).map((names) => names.length), ...Object.values(before.uncounted)];
  const total = ready.reduce((sum, some) => sum + some, 0);
  const urls = before.urls.filter(({ healthy }) => healthy).map(({ url }) => url);
  const pending = now.pendingPods.length;
  const evidence = [
    `${total - deleted.length} workloads that were ready before the upgrade are ready`,
    ...(deleted.length === 0 ? [] : [`deleted meanwhile, which is no failure: ${shortened(deleted)}`]),
    ...(urls.length === 0 ? [] : [`healthy: ${urls.join(', ')}`]),
    ...asBefore,
    ...(pending === 0
      ? []
      : [`${pending} pods are Pending (${before.pendingPods} were before): ${shortened(now.pendingPods)}`]),
  ];
  return { notBack, count, unwell, evidence };
}

type Unhealthy = { version: string; problems: string[]; notBack: string[]; count: number };

function failureOf({ version, problems, notBack, count }: Unhealthy): Failure {
  const what = [...(notBack.length === 0 ? [] : [`${areNotBack(count)}: ${shortened(notBack)}`]), ...problems];
  return {
    code: 'NotHealthy',
    headline: notBack.length === 0 ? 'upgraded, but not healthy' : `upgraded, ${areNotBack(count)}`,
    message: `the cluster is upgraded to ${version}, but after 10 minutes not all that was healthy before is healthy again: ${what.join('; ')}`,
    remedy: 'See why what is named does not come back (its events and logs) and repair it, then press Retry',
    detail: notBack.length > SHOWN ? notBack.slice(0, MOST_LINES).join('\n') : null,
  };
}

const SHOWN = 5;
const MOST_LINES = 200;

/** `2 workloads are not back` */
function areNotBack(count: number): string {
  return count === 1 ? '1 workload is not back' : `${count} workloads are not back`;
}

function shortened(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Groups that no node of this run can have shown to work. What it did not create may have been so before. */
function createdWithoutNodes({ steps }: Plan, groups: ObservedNodeGroup[]): string[] {
  const created = steps.flatMap((step) =>
    step.phase === 'node-groups' && step.action === 'create' ? step.groups : [],
  );
  return withoutReadyNode(groups).filter((name) => created.includes(name));
}

/** Healthy before, healthy after: what the run found at its start must be there at its end. */
function wasThere({ before }: Run, addon: string): boolean {
  return before?.addons.some(({ name }) => name === addon) ?? false;
}
