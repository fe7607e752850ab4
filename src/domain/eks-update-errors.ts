/**
 * The error codes of a failed EKS update, in words, with what a person can do.
 * https://docs.aws.amazon.com/eks/latest/APIReference/API_ErrorDetail.html
 */
const WORDS: Record<string, { means: string; remedy: string }> = {
  IpNotAvailable: {
    means: 'a subnet of the cluster has not enough free IP addresses (EKS needs up to 5)',
    remedy: 'Free addresses in the subnets named, then press Retry',
  },
  InsufficientFreeAddresses: {
    means: 'a subnet has not enough free IP addresses for the new nodes',
    remedy: 'Free addresses in the subnets named, then press Retry',
  },
  SubnetNotFound: {
    means: 'a subnet of the cluster no longer exists',
    remedy: "Correct the cluster's subnets, then press Retry",
  },
  SecurityGroupNotFound: {
    means: 'a security group of the cluster no longer exists',
    remedy: "Correct the cluster's security groups, then press Retry",
  },
  EniLimitReached: {
    means: "the account's limit of network interfaces is reached",
    remedy: 'Have the quota raised or free interfaces, then press Retry',
  },
  AccessDenied: {
    means: "the cluster's own role may not do what the update needs",
    remedy: "Restore the policies of the cluster's role, then press Retry",
  },
  OperationNotPermitted: {
    means: 'the service-linked role of EKS lacks a right',
    remedy: 'Restore AWSServiceRoleForAmazonEKS, then press Retry',
  },
  VpcIdNotFound: {
    means: "the cluster's VPC was not found",
    remedy: 'Ask AWS support; nothing can be retried without the VPC',
  },
  NodeCreationFailure: {
    means: 'new nodes did not start or did not join the cluster',
    remedy: "Look at the group's Auto Scaling activity and the nodes' logs, then press Retry",
  },
  PodEvictionFailure: {
    means: 'pods could not be evicted from the old nodes in time, a PodDisruptionBudget is in the way',
    remedy: 'Let the pods named go (or loosen their PodDisruptionBudget), then press Retry',
  },
  ClusterUnreachable: {
    means: 'EKS could not reach the API server',
    remedy: 'Look at the cluster in the console, then press Retry',
  },
  InsufficientNumberOfReplicas: {
    means: 'the add-on has too few replicas running',
    remedy: "Look at the add-on's pods, then press Retry",
  },
  ConfigurationConflict: {
    means: "fields of the add-on were changed by hand and conflict with EKS's",
    remedy: 'Decide which value is right for the fields named, then press Retry',
  },
  AdmissionRequestDenied: {
    means: "an admission webhook of the cluster refused the add-on's objects",
    remedy: 'Look at the webhook named, then press Retry',
  },
  UnsupportedAddonModification: { means: 'the add-on cannot be changed this way', remedy: 'See the message of EKS' },
  K8sResourceNotFound: {
    means: 'a Kubernetes object of the add-on is missing',
    remedy: 'Restore it, then press Retry',
  },
};

export type UpdateError = { code: string; message: string; resources: string[] };

/** One sentence a person understands for the errors of one failed update; EKS's own words stay in it. */
export function describeUpdateErrors(errors: UpdateError[]): { message: string; remedy: string } {
  const [first] = errors;
  if (first === undefined) {
    return { message: 'EKS gave no reason', remedy: 'Look at the update in the EKS console, then press Retry' };
  }
  const known = WORDS[first.code];
  const message = errors.map(describeOne).join('; ');
  return { message, remedy: known?.remedy ?? 'Look at the update in the EKS console, then press Retry' };
}

function describeOne({ code, message, resources }: UpdateError): string {
  const where = resources.length === 0 ? '' : ` (${resources.join(', ')})`;
  const means = WORDS[code]?.means;
  return means === undefined ? `${code}: ${message}${where}` : `${code}: ${means}${where}. EKS says: ${message}`;
}

/** `DaemonSet.apps aws-node - .spec.template…env[name="X"].value`: as EKS lists them, on lines of their own or one after the other. */
const FIELD = /[A-Z]\w*(?:\.[\w.]+)? \S+ - \.\S+/g;

/** The fields named in EKS's words for a ConfigurationConflict. */
export function conflictingFields(message: string): string[] {
  return [...message.matchAll(FIELD)].map(([field]) => field.replace(/[,;]$/, ''));
}
