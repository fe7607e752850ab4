import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { FleetCluster } from '#src/domain/fleet.ts';
import type { Metrics } from '#src/ports/metrics.ts';
import { assumedRole } from './assumed-role.ts';
import { EACH_REQUEST, requestCounter } from './aws-metrics.ts';
import { credentialRenewer, WHOLE_CALL } from './renew-credentials.ts';

export type AwsSettings = {
  /** For the user agent `eks-upgrade-bot/<version>`, by which AWS's CloudTrail tells the bot from people. */
  version: string;
  /** AWS_ENDPOINT_URL as the configuration read it, or null for AWS's own endpoints. */
  endpointUrl: string | null;
  metrics?: Pick<Metrics, 'awsCalled'>;
};

/** Credentials of a cluster: cached until five minutes before they expire, or renewed now. */
export type CredentialProvider = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentials>;

export type AwsCredentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
};

export type AwsClients = {
  region: string;
  eks: EKSClient;
  cloudFormation: CloudFormationClient;
  /** Loaded at the first use: it takes more time and memory than all the others, and few processes need it. */
  ec2: () => Promise<EC2Client>;
  /** As `ec2`. */
  iam: () => Promise<IAMClient>;
  /** As `ec2`: only a group that is proven by a node needs it. */
  autoScaling: () => Promise<AutoScalingClient>;
  sts: STSClient;
  credentials: CredentialProvider;
  /**
   * The same, after AWS has taken them a moment ago: a session that AWS ended early is renewed by that. For those who hand
   * them on to where a refusal does not tell an ended session from a stranger.
   */
  confirmedCredentials: CredentialProvider;
  close: () => void;
};

/** Attempts of one call, the first included. What still fails is a TransientError, and the run's own pace takes over. */
const ATTEMPTS = 3;
/** Real milliseconds. Every call the bot makes answers in a few seconds or not at all. */
const TIMEOUTS = {
  connectionTimeout: 3_000,
  socketTimeout: 10_000,
  requestTimeout: 15_000,
  throwOnRequestTimeout: true,
};

/** Who calls: the bot itself, or as the cluster's role, or as the role that this one may assume to map it. */
export type AwsPrincipal = Pick<FleetCluster, 'region' | 'roleArn'> & { bootstrapRole?: string };

/** The SDK's clients for a cluster, which share one source of credentials, so that a role is assumed once and not per client. */
export function createAwsClients(principal: AwsPrincipal, settings: AwsSettings): AwsClients {
  const { region } = principal;
  const common = commonOptions(region, settings);
  const sts = new STSClient({ ...common, credentials: credentialSource(principal, common) });
  // Resolved by the client: memoized, and refreshed before it expires; the other clients see that and do not cache again.
  const credentials = sts.config.credentials;
  const eks = new EKSClient({ ...common, credentials });
  const cloudFormation = new CloudFormationClient({ ...common, credentials });
  const renewer = credentialRenewer((options) => credentials(options));
  eks.middlewareStack.add(renewer, WHOLE_CALL);
  cloudFormation.middlewareStack.add(renewer, WHOLE_CALL);
  sts.middlewareStack.add(renewer, WHOLE_CALL);
  const { metrics } = settings;
  const ec2 = openedOnce(async () => {
    const client = new (await import('@aws-sdk/client-ec2')).EC2Client({ ...common, credentials });
    client.middlewareStack.add(renewer, WHOLE_CALL);
    if (metrics !== undefined) client.middlewareStack.add(requestCounter('ec2', metrics), EACH_REQUEST);
    return client;
  });
  const iam = openedOnce(async () => {
    const client = new (await import('@aws-sdk/client-iam')).IAMClient({ ...common, credentials });
    client.middlewareStack.add(renewer, WHOLE_CALL);
    if (metrics !== undefined) client.middlewareStack.add(requestCounter('iam', metrics), EACH_REQUEST);
    return client;
  });
  const autoScaling = openedOnce(async () => {
    const client = new (await import('@aws-sdk/client-auto-scaling')).AutoScalingClient({ ...common, credentials });
    client.middlewareStack.add(renewer, WHOLE_CALL);
    if (metrics !== undefined) client.middlewareStack.add(requestCounter('autoscaling', metrics), EACH_REQUEST);
    return client;
  });
  if (metrics !== undefined) {
    eks.middlewareStack.add(requestCounter('eks', metrics), EACH_REQUEST);
    cloudFormation.middlewareStack.add(requestCounter('cloudformation', metrics), EACH_REQUEST);
    sts.middlewareStack.add(requestCounter('sts', metrics), EACH_REQUEST);
  }
  return {
    region,
    eks,
    cloudFormation,
    ec2: ec2.get,
    iam: iam.get,
    autoScaling: autoScaling.get,
    sts,
    credentials: (options) => credentials(options),
    confirmedCredentials: async (options) => {
      // What else is wrong with AWS is for those to find out who call it.
      await sts.send(new GetCallerIdentityCommand({})).catch(() => undefined);
      return credentials(options);
    },
    close: () => {
      for (const client of [eks, cloudFormation, sts]) client.destroy();
      ec2.close();
      iam.close();
      autoScaling.close();
    },
  };
}

function openedOnce<Client extends { destroy: () => void }>(open: () => Promise<Client>) {
  let opening: Promise<Client> | undefined;
  return {
    get: () => {
      opening ??= open();
      return opening;
    },
    close: () => {
      opening?.then(
        (client) => client.destroy(),
        () => undefined,
      );
    },
  };
}

type CommonOptions = ReturnType<typeof commonOptions>;

function commonOptions(region: string, { version, endpointUrl }: AwsSettings) {
  return {
    region,
    maxAttempts: ATTEMPTS,
    customUserAgent: [['eks-upgrade-bot', version]] as [string, string][],
    requestHandler: { ...TIMEOUTS },
    ...(endpointUrl === null ? {} : { endpoint: endpointUrl }),
  };
}

/** Each role is assumed as the one before it, the first as the bot itself. */
function credentialSource({ roleArn, bootstrapRole }: AwsPrincipal, common: CommonOptions): CredentialProvider {
  const own: CredentialProvider = fromNodeProviderChain({ clientConfig: common });
  const roles = [roleArn ?? [], bootstrapRole ?? []].flat();
  return roles.reduce((base, role) => assumedRole({ roleArn: role, base, options: common }), own);
}
