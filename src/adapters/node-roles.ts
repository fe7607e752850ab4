import type { IAMClient } from '@aws-sdk/client-iam';
import { UserError } from '#src/domain/errors.ts';
import type { NodeRoles, RolePolicies } from '#src/ports/node-roles.ts';
import { type AdapterLogger, type AwsCaller, awsCaller } from './aws-call.ts';
import type { AwsClients } from './aws-clients.ts';

type Deps = { clients: Pick<AwsClients, 'iam'>; cluster: string; logger: AdapterLogger };

export function createNodeRoles({ clients, cluster, logger }: Deps): NodeRoles {
  const call = awsCaller({ service: 'iam', cluster, logger });
  return {
    policies: async (role) => {
      const client = await clients.iam();
      try {
        const [attached, inline] = await Promise.all([
          attachedPolicies(client, call, role),
          inlinePolicies(client, call, role),
        ]);
        return { attached, inline };
      } catch (error) {
        if (error instanceof UserError && error.code === 'AwsNotFound') return null;
        throw error;
      }
    },
  };
}

function attachedPolicies(client: IAMClient, call: AwsCaller, RoleName: string): Promise<RolePolicies['attached']> {
  return call('ListAttachedRolePolicies', async () => {
    const { paginateListAttachedRolePolicies } = await import('@aws-sdk/client-iam');
    const attached: RolePolicies['attached'] = [];
    for await (const { AttachedPolicies = [] } of paginateListAttachedRolePolicies({ client }, { RoleName })) {
      for (const { PolicyName: name = '', PolicyArn: arn = '' } of AttachedPolicies) attached.push({ name, arn });
    }
    return attached;
  });
}

function inlinePolicies(client: IAMClient, call: AwsCaller, RoleName: string): Promise<string[]> {
  return call('ListRolePolicies', async () => {
    const { paginateListRolePolicies } = await import('@aws-sdk/client-iam');
    const names: string[] = [];
    for await (const { PolicyNames = [] } of paginateListRolePolicies({ client }, { RoleName }))
      names.push(...PolicyNames);
    return names;
  });
}
