import { listNames } from '#src/domain/step-title.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { NodeGroupStack } from '#src/ports/node-group-stacks.ts';
import { failed, type PhaseResult } from '../phase.ts';

/**
 * Stacks that failed, with CloudFormation's own reason: eksctl does not print it for node groups. What failed is read
 * from the stack's status: what is left of a failed creation may have failed to be deleted since.
 */
export async function stackFailure({
  cloud,
  cluster,
  groups,
}: {
  cloud: Cloud;
  cluster: string;
  groups: string[];
}): Promise<PhaseResult> {
  const stacks = (await cloud.stacks.list(cluster)).filter((stack) => groups.includes(stack.group));
  const reasons = await Promise.all(
    stacks.map(async (stack) => ({ stack, reasons: await cloud.stacks.failureReasons(stack.stackName) })),
  );
  const first = reasons.find(({ reasons: lines }) => lines.length > 0) ?? reasons[0];
  const cause = first?.reasons[0] ?? 'CloudFormation gives no reason';
  const status = first?.stack.status ?? 'gone';
  return failed(
    'NodeGroupStackFailed',
    `CloudFormation could not ${whatFailed(status)} node group ${groups.join(', ')} (${status}): ${cause}`,
    {
      remedy: remedyFor(stacks),
      detail:
        reasons.flatMap(({ stack, reasons: lines }) => lines.map((line) => `${stack.stackName}: ${line}`)).join('\n') ||
        null,
    },
  );
}

/**
 * eksctl leaves stacks in DELETE_FAILED out of what it lists, so it never tries their deletion again, and says that all
 * went well: `ListNodeGroupStacks` in https://github.com/eksctl-io/eksctl/blob/main/pkg/cfn/manager/nodegroup.go
 */
function remedyFor(stacks: NodeGroupStack[]): string {
  const stuck = stacks.filter(({ status }) => status === 'DELETE_FAILED').map(({ stackName }) => stackName);
  return stuck.length === 0
    ? 'Put the cause right, then press Retry: what is left of the failed stack is removed first'
    : `Put the cause right and delete ${listNames(stuck)} in CloudFormation by hand (eksctl passes over what is DELETE_FAILED), then press Retry`;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html */
function whatFailed(status: string): string {
  if (status.startsWith('DELETE_')) return 'delete';
  return status.startsWith('UPDATE_') ? 'update' : 'create';
}
