import { expect, it } from 'vitest';
import { clusterAdminPolicy, entryPrincipalArn, principalArn } from '#src/domain/bot-principal.ts';

it.each([
  ['arn:aws:sts::1:assumed-role/Name/session', 'arn:aws:iam::1:role/Name'],
  ['arn:aws-cn:sts::1:assumed-role/Name/a/b', 'arn:aws-cn:iam::1:role/Name'],
  ['arn:aws:iam::1:user/bot', 'arn:aws:iam::1:user/bot'],
])('aws-auth maps %s as %s', (caller, principal) => {
  expect(principalArn(caller)).toBe(principal);
});

it.each([
  ['arn:aws:iam::1:role/teams/platform/Name', 'arn:aws:iam::1:role/teams/platform/Name'],
  ['arn:aws:iam::1:role/Name', 'arn:aws:iam::1:role/Name'],
  ['arn:aws:iam::1:role/Another', 'arn:aws:iam::1:role/Name'],
  [null, 'arn:aws:iam::1:role/Name'],
])('an access entry is for the whole ARN of the role, which the fleet file knows: %s', (roleArn, principal) => {
  expect(entryPrincipalArn('arn:aws:sts::1:assumed-role/Name/session', roleArn)).toBe(principal);
});

it('the policy for all rights is of the partition of the principal', () => {
  expect(clusterAdminPolicy('arn:aws-us-gov:iam::1:role/Name')).toBe(
    'arn:aws-us-gov:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
  );
});
