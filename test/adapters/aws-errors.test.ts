import { expect, test } from 'vitest';
import { fromAwsError, isCausedBy } from '#src/adapters/aws-errors.ts';
import { InternalError, TransientError, UserError } from '#src/domain/errors.ts';

const call = { service: 'eks', operation: 'DescribeCluster' } as const;

function sdkError(name: string, message: string, extra: object = {}): Error {
  return Object.assign(new Error(message), { name, ...extra });
}

const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

test('a denied call names the action, who was denied, and the file that grants it', () => {
  const words =
    'User: arn:aws:sts::111122223333:assumed-role/bot/s1 is not authorized to perform: eks:UpdateClusterVersion on resource: arn:aws:eks:us-west-2:111122223333:cluster/coast because no identity-based policy allows the eks:UpdateClusterVersion action';
  const error = fromAwsError(sdkError('AccessDeniedException', words, status(403)), {
    service: 'eks',
    operation: 'UpdateClusterVersion',
  });
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ code: 'AwsAccessDenied' });
  expect(error.message).toBe(
    `AWS denies eks:UpdateClusterVersion to arn:aws:sts::111122223333:assumed-role/bot/s1: add it to the bot's role, see docs/iam-policy.json (AWS says: ${words})`,
  );
});

test('a denied call whose words name nobody names the call itself', () => {
  const error = fromAwsError(
    sdkError('UnauthorizedOperation', 'You are not authorized to perform this operation.', status(403)),
    {
      service: 'ec2',
      operation: 'DescribeImages',
    },
  );
  expect(error.message).toMatch(/^AWS denies ec2:DescribeImages to the bot: add it/);
});

test('an explicit deny is not cured by adding rights', () => {
  const words =
    'User: arn:aws:iam::1:user/a is not authorized to perform: eks:ListUpdates with an explicit deny in a service control policy';
  expect(fromAwsError(sdkError('AccessDeniedException', words, status(403)), call).message).toContain(
    'a policy with an explicit deny forbids it',
  );
});

test('a role that may not be assumed points at its trust policy', () => {
  const words =
    'User: arn:aws:iam::1:user/a is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/eks';
  expect(fromAwsError(sdkError('AccessDenied', words, status(403)), call).message).toContain(
    'name them in the trust policy of the role',
  );
});

test.each([
  ['ThrottlingException', 'Rate exceeded', status(400), 'AwsThrottled'],
  ['RequestLimitExceeded', 'Request limit exceeded.', status(503), 'AwsThrottled'],
  ['Whatever', 'slow down', status(429), 'AwsThrottled'],
  ['ServerException', 'Internal', status(500), 'AwsUnavailable'],
  ['ServiceUnavailableException', 'Service is not available', status(503), 'AwsUnavailable'],
  ['502', 'Bad gateway', status(502), 'AwsUnavailable'],
  ['TimeoutError', 'the request did not complete in 15000 ms', {}, 'AwsUnreachable'],
  ['Error', 'connect ECONNREFUSED 127.0.0.1:9', { code: 'ECONNREFUSED' }, 'AwsUnreachable'],
  ['Error', 'getaddrinfo EAI_AGAIN eks.us-west-2.amazonaws.com', { code: 'EAI_AGAIN' }, 'AwsUnreachable'],
  ['Error', 'unable to verify the first certificate', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'AwsUnreachable'],
  [
    'ExpiredTokenException',
    'The security token included in the request is expired',
    status(403),
    'AwsCredentialsExpired',
  ],
  ['CredentialsProviderError', 'Could not load credentials from any providers', {}, 'AwsCredentialsMissing'],
])('%s (%s) may work later', (name, message, extra, code) => {
  const error = fromAwsError(sdkError(name, message, extra), call);
  expect(error).toBeInstanceOf(TransientError);
  expect(error).toMatchObject({ code });
  expect(error.message).toContain('eks:DescribeCluster');
  expect(error.message).toContain(message);
});

test.each([
  ['ResourceNotFoundException', 'No cluster found for name: coast.', 404, 'AwsNotFound'],
  ['ValidationError', 'Stack with id eksctl-coast-nodegroup-x does not exist', 400, 'AwsNotFound'],
  [
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    403,
    'AwsCredentialsRejected',
  ],
  ['InvalidParameterException', 'unsupported Kubernetes version', 400, 'AwsInvalidParameter'],
  ['InvalidStateException', 'insights block the update', 400, 'AwsInvalidState'],
])('%s (%s) is for a person to mend', (name, message, httpStatus, code) => {
  const error = fromAwsError(sdkError(name, message, status(httpStatus)), call);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ code });
  expect(error.message).toContain(message);
});

test('what is not from AWS is our own bug', () => {
  const cause = new TypeError('x is not a function');
  expect(fromAwsError(cause, call)).toMatchObject({ name: 'InternalError', code: 'AwsCallFailed', cause });
  expect(fromAwsError('a string', call)).toBeInstanceOf(InternalError);
});

test('our own errors pass as they are', () => {
  const own = new TransientError('EksClusterNotReady', 'wait');
  expect(fromAwsError(own, call)).toBe(own);
});

test('the SDK error can be told by its name through ours', () => {
  const error = fromAwsError(sdkError('ResourceInUseException', 'update in progress', status(409)), call);
  expect(isCausedBy(error, 'ResourceInUseException')).toBe(true);
  expect(isCausedBy(error, 'ResourceNotFoundException')).toBe(false);
  expect(isCausedBy(new Error('x'), 'ResourceInUseException')).toBe(false);
});
