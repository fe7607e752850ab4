import { InternalError, messageOf, RefusedError, TransientError, UserError } from '#src/domain/errors.ts';
import type { Failure } from '#src/domain/run.ts';

/** What waiting alone does not heal. */
const REMEDIES: Record<string, string> = {
  AwsCredentialsExpired:
    'Give the bot credentials that are good (or that it can renew itself, see docs/iam.md), then press Retry',
  AwsCredentialsMissing: 'Give the bot credentials, see docs/iam.md, then press Retry',
  KubernetesUnreachable:
    'See whether the API server can be reached from where the bot runs (address, firewall, VPN), then press Retry',
  ApiServerPrivate:
    "Let the bot run where it reaches that VPC, with port 443 open to it in the cluster's security group, or open the endpoint to it with the command that stands with the cause; then press Retry",
  ApiServerCidrs:
    'Let the endpoint be reached from the address that the bot has outside (curl https://checkip.amazonaws.com shows it where it runs): the command stands with the cause; then press Retry',
  ApiServerNameUnknown:
    'See which DNS server answers where the bot runs, and whether it knows that name; then press Retry',
  ApiServerSilent:
    'See whether a firewall, a proxy or a route is in the way between the bot and port 443 of the API server; then press Retry',
  ApiServerNotTrusted:
    'Let the bot reach the API server directly, without the proxy or load balancer that answers for it; then press Retry',
  ApiServerTls:
    'See what stands between the bot and the API server, and whether the clocks are right; then press Retry',
};

/** The one place where something thrown becomes words in a run. The first line is the message, the rest its detail. */
export function failureOf(error: unknown): Failure {
  const [message = '', ...rest] = messageOf(error).split('\n');
  const detail = rest.length === 0 ? null : rest.join('\n');
  if (error instanceof UserError || error instanceof RefusedError) {
    return { code: error.code, message, remedy: 'Put that right, then press Retry', detail };
  }
  if (error instanceof TransientError) {
    return { code: error.code, message, remedy: REMEDIES[error.code] ?? 'It may be over by now: press Retry', detail };
  }
  const code = error instanceof InternalError ? error.code : 'InternalError';
  return {
    code,
    message: `the bot itself failed: ${message}`,
    remedy: 'Press Retry; if it comes back, take the log of the worker to the people who run this bot',
    detail,
  };
}
