import { parse, stringify } from 'yaml';
import { messageOf } from '#src/domain/errors.ts';
import type { ClusterCommand } from './command.ts';
import { EksctlError } from './eksctl-error.ts';
import type { KubeObject, Kubernetes } from './kubernetes.ts';

/** kube-system/aws-auth as eksctl edits it (pkg/authconfigmap): read, change in memory, write back; two at once conflict. */
export type Identity = { rolearn?: string; userarn?: string; username?: string; groups?: string[] };

const COLLECTION = '/api/v1/namespaces/kube-system/configmaps';
const PATH = `${COLLECTION}/aws-auth`;

const NODE_USERNAME = 'system:node:{{EC2PrivateDNSName}}';
const NODE_GROUPS = ['system:bootstrappers', 'system:nodes'];

export type AwsAuth = { roles: Identity[]; users: Identity[]; object: KubeObject | null };

export async function readAwsAuth(kubernetes: Kubernetes): Promise<AwsAuth> {
  const object = await kubernetes.find(PATH).catch((error: unknown) => {
    throw new EksctlError(`getting auth ConfigMap: ${messageOf(error)}`);
  });
  const data = (object?.['data'] ?? {}) as { mapRoles?: string; mapUsers?: string };
  return { roles: listIn(data.mapRoles), users: listIn(data.mapUsers), object };
}

function listIn(text: string | undefined): Identity[] {
  return (parse(text ?? '') as Identity[] | null) ?? [];
}

export async function saveAwsAuth(kubernetes: Kubernetes, { roles, users, object }: AwsAuth): Promise<void> {
  const data = {
    ...(object?.['data'] as Record<string, string> | undefined),
    mapRoles: stringify(roles),
    mapUsers: stringify(users),
  };
  if (object === null) {
    await kubernetes.create(COLLECTION, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'aws-auth', namespace: 'kube-system' },
      data,
    });
    return;
  }
  await kubernetes.replace(PATH, { ...object, data });
}

/** `authconfigmap.AddNodeGroup`. */
export async function mapNodeRole({ kubernetes, log }: ClusterCommand, roleArn: string): Promise<void> {
  const auth = await readAwsAuth(kubernetes);
  auth.roles.push({ rolearn: roleArn, username: NODE_USERNAME, groups: NODE_GROUPS });
  log.info(`adding identity "${roleArn}" to auth ConfigMap`);
  try {
    await saveAwsAuth(kubernetes, auth);
  } catch (error) {
    throw new EksctlError(`saving auth ConfigMap: ${messageOf(error)}`);
  }
}

/** `authconfigmap.RemoveNodeGroup`: the first entry of this role. */
export async function unmapNodeRole({ kubernetes, log }: ClusterCommand, roleArn: string): Promise<void> {
  const auth = await readAwsAuth(kubernetes);
  const index = auth.roles.findIndex(({ rolearn }) => rolearn === roleArn);
  if (index === -1)
    throw new EksctlError(
      `removing nodegroup from auth ConfigMap: instance identity ARN "${roleArn}" not found in auth ConfigMap`,
    );
  const [removed] = auth.roles.splice(index, 1);
  const groups = (removed?.groups ?? []).map((group) => `"${group}"`).join(' ');
  log.info(
    `removing identity "${roleArn}" from auth ConfigMap (username = "${removed?.username ?? ''}", groups = [${groups}])`,
  );
  try {
    await saveAwsAuth(kubernetes, auth);
  } catch (error) {
    throw new EksctlError(`updating auth ConfigMap after removing role: ${messageOf(error)}`);
  }
}
