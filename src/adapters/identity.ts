import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { InternalError } from '#src/domain/errors.ts';
import type { Identity } from '#src/ports/identity.ts';
import { type AdapterLogger, awsCaller } from './aws-call.ts';
import type { AwsClients } from './aws-clients.ts';

export function createIdentity({
  clients,
  cluster,
  logger,
}: {
  clients: Pick<AwsClients, 'sts'>;
  cluster: string;
  logger: AdapterLogger;
}): Identity {
  const call = awsCaller({ service: 'sts', cluster, logger });
  return {
    callerIdentity: async () => {
      const { Account, Arn } = await call('GetCallerIdentity', () =>
        clients.sts.send(new GetCallerIdentityCommand({})),
      );
      if (Account === undefined || Arn === undefined)
        throw new InternalError('AwsAnswerUnreadable', 'sts:GetCallerIdentity named no account');
      return { account: Account, arn: Arn };
    },
  };
}
