import { ListNodegroupsCommand } from '@aws-sdk/client-eks';
import { type Invocation, openCluster } from './command.ts';
import { EksctlError } from './eksctl-error.ts';
import { nodeGroupStacks } from './stacks.ts';

/** `eksctl get nodegroup -o json` (pkg/actions/nodegroup/get.go), in the fields people read. */
export async function getNodegroup(invocation: Invocation): Promise<void> {
  const command = await openCluster(invocation, 'operable');
  if (command.flags.get('output') !== 'json')
    throw new EksctlError('the simulated eksctl prints node groups with -o json only');
  const stacks = await nodeGroupStacks(command);
  const { nodegroups = [] } = await command.aws.eks.send(
    new ListNodegroupsCommand({ clusterName: command.cluster.name }),
  );
  const withoutStack = nodegroups.filter((name) => !stacks.some(({ group }) => group === name));
  const summaries = [
    ...stacks.map(({ group, type, stack }) => ({
      StackName: stack.StackName,
      Cluster: command.cluster.name,
      Name: group,
      Status: stack.StackStatus,
      Version: command.cluster.version,
      Type: type,
    })),
    ...withoutStack.map((name) => ({
      StackName: '',
      Cluster: command.cluster.name,
      Name: name,
      Status: 'ACTIVE',
      Version: command.cluster.version,
      Type: 'managed',
    })),
  ];
  command.print(`${JSON.stringify(summaries, null, 4)}\n`);
}
