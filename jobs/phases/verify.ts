import { proveGroup } from '#src/domain/group-proof.ts';
import type { ObservedNodeGroup } from '#src/domain/observation.ts';
import type { Plan } from '#src/domain/plan.ts';
import type { Run } from '#src/domain/run.ts';
import { rolesKeptOut, withoutReadyNode } from '../let-in.ts';
import { failed, type PhaseRunner } from '../phase.ts';
import { CORE_ADDONS, seeNodeGroups } from '../see-cluster.ts';
import { harmlessPullFailure } from './kube-proxy-image.ts';

/** What must be healthy again, and how long it may take (run time). */
const LIMIT_MS = 10 * 60_000;

/** The whole cluster once more, from outside: control plane, every expected group, every core add-on. */
export const verify: PhaseRunner<'verify'> = async ({ cloud, cluster, run, plan, step, progress, now }) => {
  const seen = await cloud.eks.describeCluster(cluster.name);
  const groups = await seeNodeGroups(cloud, cluster.name);
  const proofs = step.nodeGroups.map(({ name }) => ({
    name,
    proof: proveGroup(
      groups.find((group) => group.name === name),
      step.version,
    ),
  }));
  const workloads = await Promise.all(
    CORE_ADDONS.map(async (name) => ({ name, workload: await cloud.kubernetes.addonWorkload(name) })),
  );
  const keptOut = await rolesKeptOut(cloud, { cluster: cluster.name, groups: createdWithoutNodes(plan, groups) });
  const problems = [
    ...keptOut.map(({ group, role }) => `node group ${group}: nothing lets nodes with the role ${role} in`),
    ...(seen.version === step.version && seen.status === 'ACTIVE'
      ? []
      : [`the control plane is ${seen.status} at ${seen.version}`]),
    ...proofs.flatMap(({ name, proof }) =>
      proof.kind === 'proven' ? [] : [`node group ${name}: ${proof.kind.replaceAll('-', ' ')}`],
    ),
    ...workloads.flatMap(({ name, workload }) => {
      if (workload === null) return wasThere(run, name) ? [`${name}: not there any more`] : [];
      if (workload.rolledOut || harmlessPullFailure(name, step.version, workload) !== null) return [];
      return [`${name}: ${workload.progress}`];
    }),
  ];
  if (problems.length === 0) {
    const nodes = groups.flatMap((group) =>
      step.nodeGroups.some(({ name }) => name === group.name) ? group.nodes : [],
    );
    return {
      kind: 'done',
      evidence: [
        `EKS shows the control plane ACTIVE at ${step.version}`,
        `${proofs.length} node groups proven at ${step.version}, ${nodes.length} nodes Ready`,
        ...workloads.flatMap(({ name, workload }) => (workload?.rolledOut ? [`${name} rolled out`] : [])),
      ],
    };
  }
  if (now - progress.at < LIMIT_MS) return { kind: 'wait', for: problems.join('; '), pollMs: 15_000 };
  return failed('NotHealthy', `the cluster is upgraded, but not healthy after 10 minutes: ${problems.join('; ')}`, {
    remedy: 'Look at what is named, then press Retry to verify again',
  });
};

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
