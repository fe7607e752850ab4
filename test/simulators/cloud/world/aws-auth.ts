import { parse, stringify } from 'yaml';
import { textsAt } from '../json.ts';
import { AWS_AUTH_PATH, NODE_GROUPS, rememberAwsAuth } from './access.ts';
import { putObject } from './objects.ts';
import type { Cluster } from './world.ts';

/** Writes `aws-auth` as EKS and eksctl do: YAML lists inside the ConfigMap. */
export function writeAwsAuth(cluster: Cluster, data: Record<string, string>, now: number): void {
  putObject(cluster, AWS_AUTH_PATH, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data }, now);
  rememberAwsAuth(cluster, now);
}

function nodeRoleMapping(roleArn: string): { rolearn: string; username: string; groups: string[] } {
  return { rolearn: roleArn, username: 'system:node:{{EC2PrivateDNSName}}', groups: NODE_GROUPS };
}

export function mapRoleInAwsAuth(cluster: Cluster, roleArn: string, now: number): void {
  const data = textsAt(cluster.objects.get(AWS_AUTH_PATH), 'data');
  const known: unknown = parse(data['mapRoles'] ?? '[]');
  const mapRoles = stringify([...(Array.isArray(known) ? (known as unknown[]) : []), nodeRoleMapping(roleArn)]);
  writeAwsAuth(cluster, { ...data, mapRoles }, now);
}
