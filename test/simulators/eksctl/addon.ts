import { DescribeAddonCommand } from '@aws-sdk/client-eks';
import type { Manifest } from '../addon-manifests.ts';
import { type JsonObject, textAt } from '../cloud/json.ts';
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

/**
 * Replaces objects by eksctl's own, one after the other, or creates them (pkg/kubernetes/client.go, `CreateOrReplace`: with
 * the resourceVersion of now, so whatever stood there is gone), and reports as it does. A ServiceAccount named in `keeps`
 * is left alone when it exists.
 */
export async function replaceObjects(
  command: AddonUpdate,
  manifests: readonly Manifest[],
  { name, isUpToDate, keeps = [] }: { name: string; isUpToDate: boolean; keeps?: readonly string[] },
): Promise<boolean> {
  const { log, plan } = command;
  for (const manifest of manifests) await createOrReplace(command, manifest, keeps);
  if (!plan) log.info(`"${name}" is now up-to-date`);
  else if (isUpToDate) log.info(`(plan) "${name}" is already up-to-date`);
  else log.critical(`(plan) "${name}" is not up-to-date`);
  return plan && !isUpToDate;
}

async function createOrReplace(
  { kubernetes, log, plan }: AddonUpdate,
  { path, object }: Manifest,
  keeps: readonly string[],
): Promise<void> {
  const found = await kubernetes.find(path);
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  const namespace = parts.includes('namespaces') ? 'kube-system' : undefined;
  const kind = textAt(object, 'kind') ?? '';
  const apiVersion = textAt(object, 'apiVersion') ?? '';
  const group = apiVersion === 'v1' ? '' : `.${apiVersion.split('/')[0]}`;
  const label = `"${namespace === undefined ? '' : `${namespace}:`}${kind}${group}/${name}"`;
  const say = (verb: string): void => log.info(plan ? `(plan) would have ${verb} ${label}` : `${verb} ${label}`);
  if (found !== null && keeps.includes(name) && kind === 'ServiceAccount') return say('skipped existing');
  const { resourceVersion } = found?.metadata ?? {};
  const metadata = {
    ...(object['metadata'] as object),
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  if (!plan && found === null) await kubernetes.create(path.slice(0, path.lastIndexOf('/')), { ...object, metadata });
  else if (!plan) await kubernetes.replace(path, { ...withClusterIp(object, found), metadata });
  say(found === null ? 'created' : 'replaced');
}

/** pkg/addons/default/coredns.go: the address of the Service is the one thing that is carried over. */
function withClusterIp(object: JsonObject, found: KubeObject | null): JsonObject {
  if (object['kind'] !== 'Service') return object;
  const before = (found?.['spec'] ?? {}) as { clusterIP?: string };
  const spec = object['spec'] as JsonObject;
  return { ...object, spec: { ...spec, ...(before.clusterIP === undefined ? {} : { clusterIP: before.clusterIP }) } };
}
