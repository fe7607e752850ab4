import type { KubernetesVersion } from '#src/domain/version.ts';

/**
 * The CloudFormation stacks of eksctl's node groups (`eksctl-<cluster>-nodegroup-<group>`), and the AMIs behind them.
 * Deleted stacks are not listed. Errors as in `eks.ts`.
 */
export type NodeGroupStacks = {
  list: (cluster: string) => Promise<NodeGroupStack[]>;
  /** Why a stack failed: its failed resources' reasons, oldest first (eksctl does not print them). */
  failureReasons: (stackName: string) => Promise<string[]>;
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
  sizes: { min: number; max: number; desired: number } | null;
};

/** The launch template's AMI, and the version its name states. */
export type StackAmi =
  | { kind: 'known'; imageId: string; name: string; version: KubernetesVersion }
  | { kind: 'unknown'; why: string };
