import type { StackEvent } from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import { failureReasonsOf } from '#src/adapters/stack-failures.ts';

const STACK = 'arn:aws:cloudformation:us-west-2:111122223333:stack/eksctl-coast-nodegroup-core-b/1';

function event(resource: string | null, status: StackEvent['ResourceStatus'], reason?: string): StackEvent {
  return {
    StackId: STACK,
    EventId: 'e',
    StackName: 'eksctl-coast-nodegroup-core-b',
    Timestamp: new Date(0),
    LogicalResourceId: resource ?? 'eksctl-coast-nodegroup-core-b',
    PhysicalResourceId: resource === null ? STACK : `physical-${resource}`,
    ResourceStatus: status,
    ResourceStatusReason: reason,
  };
}

test('the reasons of the newest operation, oldest first, without what was merely cancelled', () => {
  const newestFirst = [
    event(null, 'ROLLBACK_COMPLETE'),
    event(
      null,
      'ROLLBACK_IN_PROGRESS',
      'The following resource(s) failed to create: [NodeGroup, SG]. Rollback requested by user.',
    ),
    event('SG', 'CREATE_FAILED', 'Resource creation cancelled'),
    event('NodeGroup', 'CREATE_FAILED', 'You have exceeded your vCPU limit'),
    event('NodeGroupLaunchTemplate', 'CREATE_FAILED', 'The image id ami-1 does not exist'),
    event(null, 'CREATE_IN_PROGRESS', 'User Initiated'),
    event('NodeGroup', 'DELETE_FAILED', 'an older operation'),
  ];
  expect(failureReasonsOf(newestFirst)).toEqual([
    'NodeGroupLaunchTemplate: The image id ami-1 does not exist',
    'NodeGroup: You have exceeded your vCPU limit',
  ]);
});

test('the stack’s own words stand when no resource has any', () => {
  const newestFirst = [event(null, 'DELETE_FAILED', 'User: x is not authorized'), event(null, 'DELETE_IN_PROGRESS')];
  expect(failureReasonsOf(newestFirst)).toEqual(['eksctl-coast-nodegroup-core-b: User: x is not authorized']);
});

test('the same reason is said once', () => {
  const newestFirst = [
    event('NodeInstanceRole', 'DELETE_FAILED', 'in use'),
    event('NodeInstanceRole', 'DELETE_FAILED', 'in use'),
  ];
  expect(failureReasonsOf(newestFirst)).toEqual(['NodeInstanceRole: in use']);
});

test('an operation without failures has no reasons', () => {
  expect(failureReasonsOf([event(null, 'CREATE_COMPLETE'), event(null, 'CREATE_IN_PROGRESS')])).toEqual([]);
});
