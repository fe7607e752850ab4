import { randomBytes } from 'node:crypto';
import { AwsError } from './errors.ts';
import type { QueryHandler } from './query-protocol.ts';
import type { AwsRequest } from './request.ts';

/** https://docs.aws.amazon.com/STS/latest/APIReference/ */
export const stsOperations: Record<string, QueryHandler<AwsRequest>> = {
  GetCallerIdentity: ({ principal }) => ({
    Arn: principal.arn,
    UserId: userId(principal.accessKeyId),
    Account: principal.account,
  }),
  AssumeRole: ({ world, principal }, form) => {
    const role = form.get('RoleArn') ?? '';
    const session = form.get('RoleSessionName') ?? '';
    if (!world.assumableRoles.includes(role)) {
      throw new AwsError(
        'AccessDenied',
        `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${role}`,
        403,
      );
    }
    const [, , , , account = '', path = ''] = role.split(':');
    const assumed = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(20).toString('hex'),
      arn: `arn:aws:sts::${account}:assumed-role/${path.split('/').at(-1)}/${session}`,
      account,
    };
    world.principals.push(assumed);
    // expiry is real time, as signatures are
    const expires = Date.now() + Number(form.get('DurationSeconds') ?? 3600) * 1000;
    return {
      Credentials: {
        AccessKeyId: assumed.accessKeyId,
        SecretAccessKey: assumed.secretAccessKey,
        SessionToken: `simulated-session-of-${assumed.accessKeyId}`,
        Expiration: new Date(expires).toISOString(),
      },
      AssumedRoleUser: { AssumedRoleId: `${userId(assumed.accessKeyId)}:${session}`, Arn: assumed.arn },
    };
  },
};

function userId(accessKeyId: string): string {
  return `AIDA${accessKeyId.slice(4)}`;
}
