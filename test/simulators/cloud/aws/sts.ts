import { openSession } from '../world/sessions.ts';
import type { Principal } from '../world/world.ts';
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
    const opened = openSession(world, { roleArn: role, name: session, seconds: durationOf(principal, form) });
    return {
      Credentials: {
        AccessKeyId: opened.accessKeyId,
        SecretAccessKey: opened.secretAccessKey,
        SessionToken: opened.sessionToken,
        Expiration: opened.expiration,
      },
      AssumedRoleUser: { AssumedRoleId: `${userId(opened.accessKeyId)}:${session}`, Arn: opened.arn },
    };
  },
};

/** An hour at most for a role that is assumed as a role ("role chaining"), whatever the role allows. */
function durationOf({ arn }: Principal, form: URLSearchParams): number {
  const seconds = Number(form.get('DurationSeconds') ?? 3600);
  const isChained = arn.includes(':assumed-role/');
  if (isChained && seconds > 3600)
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      400,
    );
  return seconds;
}

function userId(accessKeyId: string): string {
  return `AIDA${accessKeyId.slice(4)}`;
}
