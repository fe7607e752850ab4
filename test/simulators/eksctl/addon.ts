import { DescribeAddonCommand } from '@aws-sdk/client-eks';
import { type ClusterCommand, type Invocation, openCluster } from './command.ts';
import { isOn } from './command-line.ts';
import { EksctlError } from './eksctl-error.ts';
import type { KubeObject } from './kubernetes.ts';

export const KUBE_SYSTEM_APPS = '/apis/apps/v1/namespaces/kube-system';

/** A workload, as far as add-on updates look into it. */
export type Workload = KubeObject & {
  spec: {
    replicas?: number;
    selector?: unknown;
    template: {
      metadata?: unknown;
      spec: { containers: Container[]; initContainers?: Container[]; [field: string]: unknown };
    };
    [field: string]: unknown;
  };
};

type Container = { name: string; image: string; [field: string]: unknown };

export type AddonUpdate = ClusterCommand & { plan: boolean };

/**
 * What `eksctl utils update-…` have in common (pkg/ctl/utils/update_addon.go): only for add-ons that EKS does not manage;
 * `update` says whether a plan would change something. None of them waits for the rollout.
 */
export async function updateAddon(
  invocation: Invocation,
  addon: string,
  update: (command: AddonUpdate) => Promise<boolean>,
): Promise<void> {
  const command = await openCluster(invocation, 'updatable');
  if (await isManagedByEks(command, addon)) {
    throw new EksctlError(
      `addon ${addon} is installed as a managed EKS addon; to update it, use \`eksctl update addon\` instead`,
    );
  }
  const plan = !isOn(command.flags, 'approve');
  const isRequired = await update({ ...command, plan });
  if (plan && isRequired)
    command.log.warning(`no changes were applied, run again with '--approve' to apply the changes`);
}

async function isManagedByEks({ aws, cluster }: ClusterCommand, addonName: string): Promise<boolean> {
  try {
    await aws.eks.send(new DescribeAddonCommand({ clusterName: cluster.name, addonName }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return false;
    throw error;
  }
}

export function tagOf(image: string): string {
  return image.slice(image.lastIndexOf(':') + 1);
}

export function registryOf({ aws }: ClusterCommand): string {
  return `602401143452.dkr.ecr.${aws.region}.amazonaws.com`;
}

/** Replaces an object by eksctl's own (pkg/kubernetes, `CreateOrReplace`) and reports as it does. */
export async function replaceWorkload(
  command: AddonUpdate,
  path: string,
  workload: Workload,
  isUpToDate: boolean,
): Promise<boolean> {
  const { kubernetes, log, plan } = command;
  const { name } = workload.metadata;
  const label = `kube-system:${workload.kind}.apps/${name}`;
  if (!plan) await kubernetes.replace(path, workload);
  log.info(plan ? `(plan) would have replaced "${label}"` : `replaced "${label}"`);
  if (!plan) log.info(`"${name}" is now up-to-date`);
  else if (isUpToDate) log.info(`(plan) "${name}" is already up-to-date`);
  else log.critical(`(plan) "${name}" is not up-to-date`);
  return plan && !isUpToDate;
}
