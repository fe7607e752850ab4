import type { StackEvent } from '@aws-sdk/client-cloudformation';
import type { FailedResource } from '#src/ports/node-group-stacks.ts';

/** CloudFormation's words for resources it stopped because another one failed; they explain nothing. */
const CANCELLED = /^Resource (creation|update) cancelled$/i;

/** The event with which the stack's newest operation began. A rollback belongs to the operation that failed. */
export function operationBegan({ StackId, PhysicalResourceId, ResourceStatus }: StackEvent): boolean {
  return PhysicalResourceId === StackId && /^(CREATE|UPDATE|DELETE)_IN_PROGRESS$/.test(ResourceStatus ?? '');
}

/** Events newest first, as CloudFormation lists them → what failed in the newest operation, oldest first. */
export function failedResourcesOf(events: StackEvent[]): FailedResource[] {
  const began = events.findIndex(operationBegan);
  const newest = (began === -1 ? events : events.slice(0, began)).toReversed();
  const failed = newest.filter(
    ({ ResourceStatus = '', ResourceStatusReason = '' }) =>
      ResourceStatus.endsWith('_FAILED') && !CANCELLED.test(ResourceStatusReason),
  );
  // The stack's own line only sums up the others ("The following resource(s) failed to delete: …").
  const ofResources = failed.filter(({ PhysicalResourceId, StackId }) => PhysicalResourceId !== StackId);
  return (ofResources.length > 0 ? ofResources : failed).map(
    ({
      LogicalResourceId = '?',
      PhysicalResourceId = '',
      ResourceType = '',
      ResourceStatus,
      ResourceStatusReason,
    }) => ({
      resource: LogicalResourceId,
      id: PhysicalResourceId,
      type: ResourceType,
      reason: ResourceStatusReason ?? ResourceStatus ?? '',
    }),
  );
}

/** Each reason once. */
export function failureReasonsOf(events: StackEvent[]): string[] {
  return [...new Set(failedResourcesOf(events).map(({ resource, reason }) => `${resource}: ${reason}`))];
}
