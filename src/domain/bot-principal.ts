/**
 * `aws-auth` knows roles, not sessions, and no paths:
 * arn:aws:sts::1:assumed-role/Name/session → arn:aws:iam::1:role/Name.
 * https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
 */
export function principalArn(callerArn: string): string {
  const session = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\/.+$/.exec(callerArn);
  return session === null ? callerArn : `arn:${session[1]}:iam::${session[2]}:role/${session[3]}`;
}

/**
 * An access entry knows a role by its whole ARN, path included, and a session does not tell the path: the fleet file does,
 * where it names the role. https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
 */
export function entryPrincipalArn(callerArn: string, roleArn: string | null): string {
  const arn = principalArn(callerArn);
  return roleArn !== null && withoutPath(roleArn) === arn ? roleArn : arn;
}

function withoutPath(roleArn: string): string {
  return roleArn.replace(/:role\/.*\//, ':role/');
}

/** All rights in the cluster, as `system:masters` has them, which access entries refuse. */
export function clusterAdminPolicy(arn: string): string {
  return `arn:${arn.split(':')[1]}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`;
}
