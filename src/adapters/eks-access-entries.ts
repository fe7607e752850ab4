import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  ListAssociatedAccessPoliciesCommand,
} from '@aws-sdk/client-eks';
import { messageOf } from '#src/domain/errors.ts';
import type { Eks } from '#src/ports/eks.ts';
import { isCausedBy } from './aws-errors.ts';
import type { EksCalls } from './eks-calls.ts';

/** Access entries: who is let in without aws-auth. https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html */
export async function accessPolicies(
  { client, call }: EksCalls,
  clusterName: string,
  principalArn: string,
): ReturnType<Eks['accessPolicies']> {
  try {
    // An entry has at most 20 policies, and a page 100: https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
    const { associatedAccessPolicies = [] } = await call('ListAssociatedAccessPolicies', () =>
      client.send(new ListAssociatedAccessPoliciesCommand({ clusterName, principalArn })),
    );
    return associatedAccessPolicies.flatMap(({ policyArn }) => policyArn ?? []);
  } catch (error) {
    if (isNoEntry(error)) return null;
    throw error;
  }
}

export async function grantClusterAccess(
  { client, call }: EksCalls,
  { cluster: clusterName, principalArn, policyArn }: Parameters<Eks['grantClusterAccess']>[0],
): Promise<void> {
  try {
    await call('CreateAccessEntry', () => client.send(new CreateAccessEntryCommand({ clusterName, principalArn })));
  } catch (error) {
    // An entry without the policy is what a bot leaves that was killed in between.
    if (!isCausedBy(error, 'ResourceInUseException')) throw error;
  }
  await call('AssociateAccessPolicy', () =>
    client.send(
      new AssociateAccessPolicyCommand({ clusterName, principalArn, policyArn, accessScope: { type: 'cluster' } }),
    ),
  );
}

/** Neither a denied call nor a missing cluster says so; in the authentication mode CONFIG_MAP EKS has no entries. */
function isNoEntry(error: unknown): boolean {
  if (isCausedBy(error, 'ResourceNotFoundException')) return !/No cluster found/.test(messageOf(error));
  return isCausedBy(error, 'InvalidRequestException') && /authentication mode/.test(messageOf(error));
}
