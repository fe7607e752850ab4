import type { FleetCluster } from '#src/domain/fleet.ts';
import { listNames } from '#src/domain/step-title.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { NodeGroupStack } from '#src/ports/node-group-stacks.ts';
import { failed, type PhaseResult } from '../phase.ts';
import { type WayOut, wayOutOf } from './stuck-stack.ts';

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
  cluster: FleetCluster;
  groups: string[];
}): Promise<PhaseResult> {
  const stacks = (await cloud.stacks.list(cluster.name)).filter((stack) => groups.includes(stack.group));
  const reasons = await Promise.all(
    stacks.map(async (stack) => ({ stack, reasons: await cloud.stacks.failureReasons(stack.stackName) })),
  );
  const first = reasons.find(({ reasons: lines }) => lines.length > 0) ?? reasons[0];
  const cause = first?.reasons[0] ?? 'CloudFormation gives no reason';
  const status = first?.stack.status ?? 'gone';
  const ways: WayOut[] = [];
  for (const stack of stacks.filter(isStuck)) ways.push(await wayOutOf({ cloud, cluster, stack }));
  // What stands in the message already is not said twice.
  const lines = reasons.flatMap(({ stack, reasons: said }) => said.map((line) => ({ stack: stack.stackName, line })));
  return failed(
    'NodeGroupStackFailed',
    `CloudFormation could not ${whatFailed(status)} node group ${groups.join(', ')} (${status}): ${cause}`,
    {
      remedy: remedyFor(stacks, ways),
      detail: detailOf({ lines: stacks.length === 1 && lines.length === 1 ? [] : lines, ways }),
    },
  );
}

type Said = { stack: string; line: string };

function detailOf({ lines, ways }: { lines: Said[]; ways: WayOut[] }): string | null {
  const said = lines.map(({ stack, line }) => `${ways.length > 0 ? '# ' : ''}${stack}: ${line}`);
  return [...said, ...ways.flatMap(({ commands }) => commands)].join('\n') || null;
}

/**
 * eksctl leaves stacks in DELETE_FAILED out of what it lists, so it never tries their deletion again, and says that all
 * went well: `ListNodeGroupStacks` in https://github.com/eksctl-io/eksctl/blob/main/pkg/cfn/manager/nodegroup.go
 */
function remedyFor(stacks: NodeGroupStack[], ways: WayOut[]): string {
  const stuck = stacks.filter(isStuck).map(({ stackName }) => stackName);
  if (stuck.length === 0)
    return 'Put the cause right, then press Retry: what is left of the failed stack is removed first';
  const causes = ways.flatMap((way) => way.causes);
  const what = causes.length === 0 ? 'Put the cause right' : `Take away what is in the way (${causes.join('; ')})`;
  return `${what} and delete ${listNames(stuck)} in CloudFormation by hand, because eksctl passes over what is DELETE_FAILED: the commands stand with the cause. When it is gone, press Retry; before that nothing can be created under its name`;
}

function isStuck({ status }: NodeGroupStack): boolean {
  return status === 'DELETE_FAILED';
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html */
function whatFailed(status: string): string {
  if (status.startsWith('DELETE_')) return 'delete';
  return status.startsWith('UPDATE_') ? 'update' : 'create';
}
