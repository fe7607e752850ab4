import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EKSClient } from '@aws-sdk/client-eks';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { SignatureV4 } from '@smithy/signature-v4';
import { EksctlError } from './eksctl-error.ts';
import { VERSION } from './version.ts';

/**
 * AWS as eksctl uses it: credentials and endpoint from environment and profile, and nothing else. The SDK is slow to load,
 * and this program is started for every command: CloudFormation is loaded when it is needed, and the two single calls to
 * STS and SSM are signed here instead of loading a client each.
 */
export type Aws = {
  region: string;
  eks: EKSClient;
  cloudFormation: () => Promise<CloudFormationClient>;
  /** ARN of who calls. */
  callerArn: () => Promise<string>;
  /** Value of an SSM parameter; null: there is none of this name. */
  parameter: (name: string) => Promise<string | null>;
  /** A call of the query protocol, for its right more than for its answer; null: there is no such thing. */
  query: (service: 'ec2' | 'iam', operation: string, parameters?: Record<string, string>) => Promise<string | null>;
  kubernetesToken: (cluster: string) => Promise<string>;
  /** Asks the profile for credentials once more, because those it gave were refused; whether they are others now. */
  renew: () => Promise<boolean>;
};

/** pkg/eks/apiv2.go adds `eksctl/<version>` to the user agent; CloudTrail and the simulated AWS tell callers apart by it. */
const WHOLE_CALL = { step: 'initialize', priority: 'high', name: 'renewCredentials' } as const;

const USER_AGENT: [string, string][] = [['eksctl', VERSION]];

export function connectAws(
  region: string,
  { endpoint, onChange }: { endpoint: string | undefined; onChange: () => void },
): Aws {
  const eks = new EKSClient({ region, credentials: fromNodeProviderChain(), customUserAgent: USER_AGENT });
  eks.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      if (isChange(context)) onChange();
      return answer;
    },
    { step: 'initialize' },
  );
  const { credentials, sha256 } = eks.config;
  const renew = async (): Promise<boolean> => {
    const { accessKeyId } = await credentials();
    return (await credentials({ forceRefresh: true })).accessKeyId !== accessKeyId;
  };
  eks.middlewareStack.add(renewing(credentials), WHOLE_CALL);
  let cloudFormation: Promise<CloudFormationClient> | undefined;
  const signerOf = (service: string): SignatureV4 => new SignatureV4({ service, region, credentials, sha256 });
  const call = signedCall({ region, endpoint, signerOf, renew });

  return {
    region,
    eks,
    cloudFormation: () => {
      const create = async (): Promise<CloudFormationClient> => {
        const sdk = await import('@aws-sdk/client-cloudformation');
        const client = new sdk.CloudFormationClient({ region, credentials, customUserAgent: USER_AGENT });
        client.middlewareStack.add(
          (next, context) => async (args) => {
            const answer = await next(args);
            if (isChange(context)) onChange();
            return answer;
          },
          { step: 'initialize' },
        );
        client.middlewareStack.add(renewing(credentials), WHOLE_CALL);
        return client;
      };
      cloudFormation ??= create();
      return cloudFormation;
    },
    callerArn: async () => {
      const body = 'Action=GetCallerIdentity&Version=2011-06-15';
      const answer = await call('sts', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body);
      const arn = /<Arn>([^<]+)<\/Arn>/.exec(answer.text)?.[1];
      if (arn !== undefined) return arn;
      throw new EksctlError(
        `checking AWS STS access – cannot get role ARN for current session: operation error STS: GetCallerIdentity, https response error StatusCode: ${answer.status}, ${answer.text.slice(0, 300)}`,
      );
    },
    parameter: async (name) => {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.GetParameter' };
      const answer = await call('ssm', headers, JSON.stringify({ Name: name }));
      if (answer.text.includes('ParameterNotFound')) return null;
      if (answer.status !== 200)
        throw new EksctlError(
          `error getting AMI from SSM Parameter Store: operation error SSM: GetParameter, https response error StatusCode: ${answer.status}, ${answer.text.slice(0, 300)}. please verify that AMI Family is supported`,
        );
      return (JSON.parse(answer.text) as { Parameter: { Value: string } }).Parameter.Value;
    },
    query: async (service, operation, parameters = {}) => {
      const form = new URLSearchParams({ Action: operation, Version: VERSIONS[service], ...parameters });
      const { status, text } = await call(
        service,
        { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        form.toString(),
      );
      if (status === 200) {
        if (/^(Create|Import)/.test(operation)) onChange();
        return text;
      }
      const [, code = '', message = ''] = /<Code>([^<]+)<\/Code><Message>([^<]*)<\/Message>/.exec(text) ?? [];
      if (code.endsWith('.NotFound') || code === 'NoSuchEntity') return null;
      throw new EksctlError(
        `operation error ${service.toUpperCase()}: ${operation}, https response error StatusCode: ${status}, api error ${code}: ${message}`,
      );
    },
    kubernetesToken: (cluster) => kubernetesToken(signerOf('sts'), region, cluster),
    renew,
  };
}

const VERSIONS = { ec2: '2016-11-15', iam: '2010-05-08' } as const;

/**
 * Keys that AWS refuses as expired are asked for anew, and the call is made again with the new ones:
 * aws-sdk-go-v2 aws/credential_cache.go, `InvalidateCredentials`.
 */
function renewing(credentials: (wish?: { forceRefresh?: boolean }) => Promise<{ accessKeyId: string }>) {
  return <Args, Result>(next: (args: Args) => Promise<Result>) =>
    async (args: Args): Promise<Result> => {
      const { accessKeyId } = await credentials();
      try {
        return await next(args);
      } catch (error) {
        if (!(error instanceof Error) || !/^(?:ExpiredToken|RequestExpired)/.test(error.name)) throw error;
        const now = await credentials();
        const renewed = now.accessKeyId === accessKeyId ? await credentials({ forceRefresh: true }) : now;
        if (renewed.accessKeyId === accessKeyId) throw error;
        return next(args);
      }
    };
}

function isChange({ commandName = '' }: { commandName?: string }): boolean {
  return /^(?:Create|Delete|Update)/.test(commandName);
}

type Answer = { status: number; text: string };
type SignedCall = (service: string, headers: Record<string, string>, body: string) => Promise<Answer>;

const ATTEMPTS = 5;

function signedCall({
  region,
  endpoint,
  signerOf,
  renew,
}: {
  region: string;
  endpoint: string | undefined;
  signerOf: (service: string) => SignatureV4;
  renew: Aws['renew'];
}): SignedCall {
  return async (service, headers, body) => {
    const url = new URL(endpoint ?? `https://${service}.${region}.amazonaws.com`);
    const target = {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: '/',
      query: {},
      body,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      headers: { host: url.host, 'user-agent': `eksctl/${VERSION}`, ...headers },
    };
    for (let attempt = 1; ; attempt += 1) {
      const signed = await signerOf(service).sign(target);
      const { host: _host, ...sent } = signed.headers;
      const response = await fetch(new URL('/', url), { method: 'POST', headers: sent, body });
      const text = await response.text();
      const isRenewed = attempt === 1 && /ExpiredToken/.test(text) && (await renew());
      const isTransient =
        isRenewed || response.status >= 500 || /Throttl|TooManyRequests|RequestLimitExceeded/.test(text);
      if (!isTransient || attempt === ATTEMPTS) return { status: response.status, text };
    }
  };
}

/** https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster */
async function kubernetesToken(signer: SignatureV4, region: string, cluster: string): Promise<string> {
  const host = `sts.${region}.amazonaws.com`;
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': cluster },
    },
    { expiresIn: 60 },
  );
  const query = new URLSearchParams(signed.query as Record<string, string>).toString().replaceAll('+', '%20');
  return `k8s-aws-v1.${Buffer.from(`https://${host}/?${query}`).toString('base64url')}`;
}
