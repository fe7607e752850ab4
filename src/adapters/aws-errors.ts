import { InternalError, messageOf, RefusedError, TransientError, UserError } from '#src/domain/errors.ts';

/** What was asked of AWS: `service` is the prefix of IAM actions, `operation` the API's name. */
export type AwsCall = {
  service: 'autoscaling' | 'eks' | 'cloudformation' | 'ec2' | 'sts' | 'iam';
  operation: string;
};

/** The parts of a thrown SDK error that decide what it means. */
type SdkError = {
  name: string;
  message: string;
  code?: string;
  cause?: unknown;
  $metadata?: { httpStatusCode?: number };
  $retryable?: { throttling?: boolean };
};

type Rule = { when: (error: SdkError) => boolean; means: (error: SdkError, call: AwsCall) => Error };

const DENIED = [
  'AccessDeniedException',
  'AccessDenied',
  'UnauthorizedOperation',
  'NotAuthorized',
  'AuthorizationError',
];
const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired', 'TokenRefreshRequired'];
const UNKNOWN_KEY = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'AuthFailure',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
];
const NOT_FOUND = [
  'ResourceNotFoundException',
  'NotFoundException',
  'StackNotFoundException',
  'NoSuchEntity',
  'NoSuchEntityException',
];
const THROTTLED = [
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'EC2ThrottledException',
  'SlowDown',
];
const UNAVAILABLE = [
  'ServerException',
  'ServiceUnavailableException',
  'InternalFailure',
  'InternalError',
  'ResourcePropagationDelayException',
  // Auto Scaling: another change of the same group is under way.
  'ResourceContention',
  'ResourceContentionFault',
  'ScalingActivityInProgress',
  'ScalingActivityInProgressFault',
];
/** Of Node's net, dns and tls; the SDK gives up on them after its own retries. */
const NETWORK =
  /^(E[A-Z]+|EAI_[A-Z]+|ERR_TLS_\w+|CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT)$/;

const RULES: Rule[] = [
  { when: (error) => DENIED.includes(error.name), means: denied },
  {
    when: isExpired,
    means: (error, call) =>
      transient(
        'AwsCredentialsExpired',
        `${say(call)}: the bot's AWS credentials are expired: ${error.message}`,
        error,
      ),
  },
  {
    // IMDS, the container endpoint or SSO did not answer, or there are no credentials at all; the provider cannot tell.
    when: (error) => error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError',
    means: (error, call) =>
      transient('AwsCredentialsMissing', `${say(call)}: no AWS credentials to be had: ${error.message}`, error),
  },
  {
    when: (error) => UNKNOWN_KEY.includes(error.name),
    means: (error, call) =>
      new UserError(
        'AwsCredentialsRejected',
        `${say(call)}: AWS does not accept the bot's credentials, check its role or keys: ${error.message}`,
        { cause: error },
      ),
  },
  {
    when: isThrottle,
    means: (error, call) =>
      transient('AwsThrottled', `${say(call)}: AWS asks for fewer calls: ${error.message}`, error),
  },
  {
    when: (error) => (error.$metadata?.httpStatusCode ?? 0) >= 500 || UNAVAILABLE.includes(error.name),
    means: (error, call) =>
      transient('AwsUnavailable', `${say(call)}: AWS cannot answer now: ${error.message || error.name}`, error),
  },
  {
    when: (error) => error.name === 'TimeoutError' || NETWORK.test(error.code ?? ''),
    means: (error, call) =>
      transient('AwsUnreachable', `${say(call)}: AWS cannot be reached: ${error.message || error.code}`, error),
  },
  {
    // CloudFormation says a missing stack as a ValidationError.
    when: (error) => NOT_FOUND.includes(error.name) || /^Stack .+ does not exist$/.test(error.message),
    means: (error, call) => new UserError('AwsNotFound', `${say(call)}: ${error.message}`, { cause: error }),
  },
  {
    when: (error) => error.$metadata?.httpStatusCode !== undefined,
    means: (error, call) =>
      new UserError(`Aws${error.name.replace(/Exception$/, '')}`, `${say(call)}: ${error.message}`, { cause: error }),
  },
];

/** Maps whatever the SDK threw to our own classes, keeping AWS's words and the SDK error as `cause`. */
export function fromAwsError(error: unknown, call: AwsCall): Error {
  if ([UserError, RefusedError, TransientError, InternalError].some((type) => error instanceof type))
    return error as Error;
  const known = error instanceof Error ? (error as SdkError) : undefined;
  const rule = known && RULES.find(({ when }) => when(known));
  return (
    rule?.means(known as SdkError, call) ??
    new InternalError('AwsCallFailed', `${say(call)}: ${messageOf(error)}`, { cause: error })
  );
}

/** Whether AWS calls the credentials expired. */
export function isExpired(error: unknown): boolean {
  return error instanceof Error && EXPIRED.includes(error.name);
}

/** Whether AWS refused because of too many calls. */
export function isThrottle(error: Pick<SdkError, 'name' | '$metadata' | '$retryable'>): boolean {
  return (
    error.$metadata?.httpStatusCode === 429 || error.$retryable?.throttling === true || THROTTLED.includes(error.name)
  );
}

/** Whether one of our errors comes from the SDK error of that name, e.g. `ResourceInUseException`. */
export function isCausedBy(error: unknown, name: string): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.name === name;
}

function say(call: AwsCall): string {
  return `${call.service}:${call.operation}`;
}

function transient(code: string, message: string, cause: SdkError): TransientError {
  return new TransientError(code, message, { cause });
}

/** AWS says `User: <arn> is not authorized to perform: <action> on resource: … because …`, in most services. */
function denied(error: SdkError, call: AwsCall): UserError {
  const words = /User: (\S+) is not authorized to perform: ([\w-]+:\w+)/.exec(error.message);
  const action = words?.[2] ?? say(call);
  const who = words?.[1] ?? 'the bot';
  return new UserError(
    'AwsAccessDenied',
    `AWS denies ${action} to ${who}: ${remedy(action, error.message)} (AWS says: ${error.message})`,
    { cause: error },
  );
}

function remedy(action: string, words: string): string {
  if (/explicit deny/.test(words))
    return "a policy with an explicit deny forbids it, ask whoever keeps the account's policies";
  if (action === 'sts:AssumeRole')
    return "allow it to the bot's credentials, and name them in the trust policy of the role, see docs/iam.md";
  return "add it to the bot's role, see docs/iam-policy.json";
}
