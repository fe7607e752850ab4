import type { KubernetesVersion } from '#src/domain/version.ts';

/**
 * The CloudFormation stacks of eksctl's node groups (`eksctl-<cluster>-nodegroup-<group>`), and the AMIs behind them.
 * Deleted stacks are not listed. Errors as in `eks.ts`.
 */
export type NodeGroupStacks = {
  list: (cluster: string) => Promise<NodeGroupStack[]>;
  /** Why a stack failed: its failed resources' reasons, oldest first (eksctl does not print them). */
  failureReasons: (stackName: string) => Promise<string[]>;
  /** The same, resource by resource. */
  failedResources: (stackName: string) => Promise<FailedResource[]>;
  /** Ids of the network interfaces that are in a security group. */
  interfacesIn: (securityGroup: string) => Promise<string[]>;
};

export type NodeGroupStack = {
  stackName: string;
  group: string;
  /** `managed` stacks hold an AWS::EKS::Nodegroup. */
  kind: 'self-managed' | 'managed';
  /** CloudFormation status, e.g. CREATE_COMPLETE. */
  status: string;
  createdAt: number;
  ami: StackAmi;
  /** The operating system in eksctl's words, e.g. AmazonLinux2; null: it could not be told. */
  amiFamily: string | null;
  /** The role its nodes run with, which somebody has to let in; null: managed (EKS does it), or the stack does not say. */
  nodeRole: string | null;
  /** The stack brings an access entry for that role, so aws-auth need not map it. */
  bringsAccessEntry: boolean;
  /** The role that the stack made for its nodes, and deletes with itself; null: it made none. */
  ownRole: StackRole | null;
  sizes: { min: number; max: number; desired: number } | null;
};

/** `resource` is its name in the template, `id` the one AWS gave it, `type` like AWS::IAM::Role. */
export type FailedResource = { resource: string; id: string; type: string; reason: string };

/** `name` null: the stack does not say any more, because it is being deleted. `attached` are ARNs, `inline` names of the policies that the stack puts on it; null: only CloudFormation knows. */
export type StackRole = { name: string | null; attached: string[] | null; inline: string[] | null };

/** The launch template's AMI, and the version its name states. */
export type StackAmi =
  | { kind: 'known'; imageId: string; name: string; version: KubernetesVersion }
  | { kind: 'unknown'; why: string };
