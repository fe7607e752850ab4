import {
  type CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { messageOf } from '#src/domain/errors.ts';
import type { ClusterCommand } from './command.ts';
import { durationOf } from './command-line.ts';
import { EksctlError } from './eksctl-error.ts';

export type NodeGroupStack = {
  group: string;
  type: 'managed' | 'unmanaged';
  stack: Stack;
  usesAccessEntry: boolean;
  roleArn: string | null;
};

const CLUSTER_TAG = 'alpha.eksctl.io/cluster-name';
const GROUP_TAG = 'alpha.eksctl.io/nodegroup-name';
const TYPE_TAG = 'alpha.eksctl.io/nodegroup-type';

/** Simulated: how often eksctl looks at a stack. The SDK's waiter begins at 30 s (smithy's exponential back-off, at most 2 min). */
const POLL_MS = 30_000;
const DEFAULT_TIMEOUT = '25m';

function stackName(cluster: string, group: string): string {
  return `eksctl-${cluster}-nodegroup-${group}`;
}

/**
 * All stacks of node groups in any state but deleted; those that could not be deleted are left out with a warning
 * (pkg/cfn/manager/nodegroup.go, `ListNodeGroupStacks`).
 */
export async function nodeGroupStacks({ aws, cluster, log }: ClusterCommand): Promise<NodeGroupStack[]> {
  const client = await aws.cloudFormation();
  const found: NodeGroupStack[] = [];
  for (const stack of await allStacks(client)) {
    const group = tagOf(stack, GROUP_TAG);
    if (tagOf(stack, CLUSTER_TAG) !== cluster.name || group === undefined || stack.StackStatus === 'DELETE_COMPLETE')
      continue;
    if (stack.StackStatus === 'DELETE_FAILED') {
      log.warning(`stack's status of nodegroup named ${stack.StackName} is ${stack.StackStatus}`);
      continue;
    }
    found.push({
      group,
      type: tagOf(stack, TYPE_TAG) === 'managed' ? 'managed' : 'unmanaged',
      stack,
      usesAccessEntry: outputOf(stack, 'NodeGroupUsesAccessEntry') === 'true',
      roleArn: outputOf(stack, 'InstanceRoleARN') ?? null,
    });
  }
  return found;
}

async function allStacks(client: CloudFormationClient): Promise<Stack[]> {
  const stacks: Stack[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(new DescribeStacksCommand(next === undefined ? {} : { NextToken: next }));
    stacks.push(...(page.Stacks ?? []));
    next = page.NextToken;
  } while (next !== undefined);
  return stacks;
}

function tagOf({ Tags = [] }: Stack, key: string): string | undefined {
  return Tags.find((tag) => tag.Key === key)?.Value;
}

export function outputOf({ Outputs = [] }: Stack, key: string): string | undefined {
  return Outputs.find((output) => output.OutputKey === key)?.OutputValue;
}

export type NewStack = {
  group: string;
  type: 'managed' | 'unmanaged';
  template: unknown;
  tags: Record<string, string>;
};

/** Creates a stack and waits until it is complete; the stack, or eksctl's error for it. */
export async function createStack(command: ClusterCommand, { group, type, template, tags }: NewStack): Promise<Stack> {
  const { aws, cluster, config, log } = command;
  const client = await aws.cloudFormation();
  const name = stackName(cluster.name, group);
  log.info(`building ${type === 'managed' ? 'managed ' : ''}nodegroup stack "${name}"`);
  const allTags = {
    ...config.metadata.tags,
    ...tags,
    [CLUSTER_TAG]: cluster.name,
    'eksctl.cluster.k8s.io/v1alpha1/cluster-name': cluster.name,
    [GROUP_TAG]: group,
    'eksctl.io/v1alpha2/nodegroup-name': group,
    [TYPE_TAG]: type,
  };
  try {
    await client.send(
      new CreateStackCommand({
        StackName: name,
        TemplateBody: JSON.stringify(template),
        Capabilities: ['CAPABILITY_IAM'],
        DisableRollback: false,
        Tags: Object.entries(allTags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
  } catch (error) {
    throw new EksctlError(
      `creating CloudFormation stack "${name}": operation error CloudFormation: CreateStack, ${messageOf(error)}`,
    );
  }
  log.info(`deploying stack "${name}"`);
  return await waitForStack(command, name);
}

async function waitForStack(command: ClusterCommand, name: string): Promise<Stack> {
  for await (const _ of polls(command)) {
    command.log.info(`waiting for CloudFormation stack "${name}"`);
    const stack = await describeStack(command, name);
    if (stack?.StackStatus === 'CREATE_COMPLETE') return stack;
    // The words of the SDK's waiter; eksctl does not print the stack's own reasons for node groups (eksctl.md, hazard 9).
    if (stack?.StackStatus !== 'CREATE_IN_PROGRESS') throw new EksctlError('waiter state transitioned to Failure');
  }
  throw new EksctlError('exceeded max wait time for StackCreateComplete waiter');
}

export async function deleteStack(command: ClusterCommand, { stack }: NodeGroupStack, wait: boolean): Promise<void> {
  const { aws, log } = command;
  const name = stack.StackName ?? '';
  try {
    await (await aws.cloudFormation()).send(new DeleteStackCommand({ StackName: stack.StackId ?? name }));
  } catch (error) {
    throw new EksctlError(
      `not able to delete stack "${name}": operation error CloudFormation: DeleteStack, ${messageOf(error)}`,
    );
  }
  log.info(`will delete stack "${name}"`);
  if (!wait) return;
  log.info(`waiting for stack "${name}" to get deleted`);
  for await (const _ of polls(command)) {
    log.info(`waiting for CloudFormation stack "${name}"`);
    const found = await describeStack(command, stack.StackId ?? name);
    if (found === null || found.StackStatus === 'DELETE_COMPLETE') return;
    if (found.StackStatus === 'DELETE_FAILED') throw new EksctlError('waiter state transitioned to Failure');
  }
  throw new EksctlError('exceeded max wait time for StackDeleteComplete waiter');
}

async function describeStack({ aws }: ClusterCommand, name: string): Promise<Stack | null> {
  try {
    const { Stacks = [] } = await (await aws.cloudFormation()).send(new DescribeStacksCommand({ StackName: name }));
    return Stacks[0] ?? null;
  } catch (error) {
    if (/does not exist/.test(messageOf(error))) return null;
    throw error;
  }
}

/** Moments to look again, until `--timeout` has passed. */
export async function* polls({ clock, flags }: ClusterCommand, everyMs = POLL_MS): AsyncGenerator<void> {
  const end = clock.now() + durationOf(flags.get('timeout') ?? DEFAULT_TIMEOUT);
  while (clock.now() < end) {
    yield;
    await clock.delay(everyMs);
  }
}
