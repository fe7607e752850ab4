import type { Cloud } from '#src/ports/cloud.ts';
import { failed, type PhaseResult } from '../phase.ts';

/** A stack that failed, with CloudFormation's own reason: eksctl does not print it for node groups. */
export async function stackFailure(
  { cloud, cluster, groups, doing }: { cloud: Cloud; cluster: string; groups: string[]; doing: string },
): Promise<PhaseResult> {
  const stacks = (await cloud.stacks.list(cluster)).filter((stack) => groups.includes(stack.group));
  const reasons = await Promise.all(stacks.map(async (stack) => ({ stack, reasons: await cloud.stacks.failureReasons(stack.stackName) })));
  const [first] = reasons;
  const cause = first?.reasons[0] ?? 'CloudFormation gives no reason';
  const status = first?.stack.status ?? 'gone';
  return failed('NodeGroupStackFailed', `CloudFormation could not ${doing.replace(/\bit\b/, `node group ${groups.join(', ')}`)} (${status}): ${cause}`, {
    remedy: 'Put the cause right, then press Retry: what is left of the failed stack is removed first',
    detail: reasons.flatMap(({ stack, reasons: lines }) => lines.map((line) => `${stack.stackName}: ${line}`)).join('\n') || null,
  });
}
