import { confirmAccount } from '../observe-cluster.ts';
import { failed, type PhaseRunner } from '../phase.ts';
import { checkTools } from '../tool-check.ts';

/** Looks once more at what everything else stands on: the tools, the account, and a cluster that is at rest. */
export const preflight: PhaseRunner<'preflight'> = async ({ deps, cluster, cloud, plan }) => {
  const tools = checkTools(await deps.tools.versions());
  const account = await confirmAccount(cloud, cluster);
  const seen = await cloud.eks.describeCluster(cluster.name);
  if (seen.status !== 'ACTIVE') {
    return failed('ClusterNotActive', `EKS says cluster ${cluster.name} is ${seen.status}, not ACTIVE`, {
      remedy: 'Wait until it is ACTIVE, then press Retry',
    });
  }
  await cloud.kubernetes.reach(seen);
  return {
    kind: 'done',
    evidence: [
      ...tools,
      `account ${account}`,
      `EKS shows ${cluster.name} ACTIVE at ${seen.version}`,
      'its API server answers',
    ],
    notes: seen.version === plan.from ? [] : [`the control plane is at ${seen.version} already`],
  };
};
