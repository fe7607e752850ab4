import { describe, expect, it } from 'vitest';
import { isAllowed, type PolicyDocument } from './rights/policy.ts';
import { mayInCluster, readRbac } from './rights/rbac.ts';

/** What AWS and Kubernetes decide by the policies and manifests that people install. */
const policy: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['eks:DescribeCluster'], Resource: 'arn:aws:eks:*:*:cluster/coast' },
    {
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: '*',
      Condition: { StringEquals: { 'iam:PassedToService': ['eks.amazonaws.com', 'ec2.amazonaws.com'] } },
    },
    { Effect: 'Deny', Action: 'iam:PassRole', Resource: 'arn:aws:iam::*:role/admin' },
  ],
};

const COAST = 'arn:aws:eks:us-west-2:111122223333:cluster/coast';
const ROLE = 'arn:aws:iam::111122223333:role/nodes';

describe('a policy', () => {
  it.each([
    ['the action on the resource', 'eks:DescribeCluster', COAST, {}, true],
    ['another action', 'eks:UpdateClusterVersion', COAST, {}, false],
    ['another resource', 'eks:DescribeCluster', `${COAST}-2`, {}, false],
    ['no resource where the policy names one', 'eks:DescribeCluster', '*', {}, false],
    ['a condition that holds', 'iam:PassRole', ROLE, { 'iam:PassedToService': 'ec2.amazonaws.com' }, true],
    ['a condition that does not hold', 'iam:PassRole', ROLE, { 'iam:PassedToService': 'lambda.amazonaws.com' }, false],
    ['a condition about what the call does not say', 'iam:PassRole', ROLE, {}, false],
    [
      'a denial beside an allowance',
      'iam:PassRole',
      'arn:aws:iam::111122223333:role/admin',
      { 'iam:PassedToService': 'eks.amazonaws.com' },
      false,
    ],
  ])('decides on %s', (_, action, resource, context, expected) => {
    expect(isAllowed([policy], { action, resource, context })).toBe(expected);
  });
});

const rbac = readRbac(`
kind: ClusterRole
metadata: { name: looker }
rules:
  - { apiGroups: [""], resources: [nodes, pods/eviction], verbs: [list, create] }
---
kind: Role
metadata: { name: keeper, namespace: kube-system }
rules:
  - { apiGroups: [apps], resources: [daemonsets], resourceNames: [aws-node], verbs: [get, list] }
---
kind: ClusterRoleBinding
metadata: { name: looker }
roleRef: { kind: ClusterRole, name: looker }
subjects: [{ kind: Group, name: bots }]
---
kind: RoleBinding
metadata: { name: keeper, namespace: kube-system }
roleRef: { kind: Role, name: keeper }
subjects: [{ kind: Group, name: bots }]
`);

const wish = { verb: 'list', group: '', resource: 'nodes', subresource: null, namespace: null, name: null };
const awsNode = {
  ...wish,
  verb: 'get',
  group: 'apps',
  resource: 'daemonsets',
  namespace: 'kube-system',
  name: 'aws-node',
};

describe('RBAC', () => {
  it.each([
    ['what a ClusterRole gives', wish, ['bots'], true],
    ['somebody in no bound group', wish, ['system:authenticated'], false],
    ['another verb', { ...wish, verb: 'get' }, ['bots'], false],
    ['a resource for its subresource', { ...wish, resource: 'nodes', subresource: 'proxy' }, ['bots'], false],
    ['a subresource', { ...wish, verb: 'create', resource: 'pods', subresource: 'eviction' }, ['bots'], true],
    ['a named object', awsNode, ['bots'], true],
    ['an object that is not named', { ...awsNode, name: 'kube-proxy' }, ['bots'], false],
    ['all objects where one is named', { ...awsNode, verb: 'list', name: null }, ['bots'], false],
    ['another namespace than the role’s', { ...awsNode, namespace: 'default' }, ['bots'], false],
  ])('decides on %s', (_, asked, groups, expected) => {
    expect(mayInCluster(rbac, groups, asked)).toBe(expected);
  });
});
