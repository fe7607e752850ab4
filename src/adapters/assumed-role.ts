import { AssumeRoleCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { InternalError } from '#src/domain/errors.ts';
import type { CredentialProvider } from './aws-clients.ts';
import { credentialRenewer, WHOLE_CALL } from './renew-credentials.ts';

/**
 * As long as AWS allows where the base is a role itself ("role chaining"): more than an hour is refused, whatever the
 * role's own limit. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds)
 */
const SESSION_SECONDS = 3600;

/**
 * Credentials of a role, assumed with others that may be a session themselves. The SDK's own `fromTemporaryCredentials`
 * keeps a base session that AWS has ended for as long as its expiry says; here it is renewed and the role assumed again.
 */
export function assumedRole({
  roleArn,
  base,
  options,
}: {
  roleArn: string;
  base: CredentialProvider;
  options: STSClientConfig;
}): CredentialProvider {
  const sts = new STSClient({ ...options, credentials: base });
  const { credentials } = sts.config;
  sts.middlewareStack.add(
    credentialRenewer((wish) => credentials(wish)),
    WHOLE_CALL,
  );
  return async () => {
    const { Credentials: session } = await sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'eks-upgrade-bot', DurationSeconds: SESSION_SECONDS }),
    );
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = session ?? {};
    if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined)
      throw new InternalError('AwsAnswerUnreadable', `sts:AssumeRole gave no credentials of ${roleArn}`);
    return {
      accessKeyId,
      secretAccessKey,
      sessionToken,
      ...(session?.Expiration === undefined ? {} : { expiration: session.Expiration }),
    };
  };
}
