import { TransientError } from './errors.ts';

/** How EKS lets the API server be reached: `resourcesVpcConfig` of DescribeCluster. */
export type ApiServerAccess = {
  publicAccess: boolean;
  /** Networks that reach the public endpoint. */
  publicCidrs: string[];
  privateAccess: boolean;
  /** The cluster's own; null: EKS does not say. */
  securityGroup: string | null;
};

/** What came instead of an answer. `words` are those of Node, OpenSSL or the network. */
export type NoAnswer = {
  kind: 'name-unknown' | 'silent' | 'not-trusted' | 'tls' | 'lost';
  words: string;
};

export type Unreached = {
  noAnswer: NoAnswer;
  cluster: string;
  region: string;
  host: string;
  access: ApiServerAccess;
  /** What the name leads to; empty: not known. */
  addresses: string[];
};

const EVERYBODY = '0.0.0.0/0';
const BOT = '<address of the bot>/32';

/**
 * Names what keeps the bot from the API server. It may pass: none of these is told from a network that is away for some
 * seconds, so who asks decides how long to wait for it. The lines after the first are commands for a person with rights.
 */
export function unreachedError(unreached: Unreached, cause: unknown): TransientError {
  const { code, why, commands } = explain(unreached);
  const message = `the API server of ${unreached.cluster} cannot be reached: ${why}`;
  return new TransientError(code, [message, ...commands].join('\n'), { cause });
}

type Explained = { code: string; why: string; commands: string[] };

function explain(unreached: Unreached): Explained {
  const { noAnswer, host } = unreached;
  switch (noAnswer.kind) {
    case 'name-unknown':
      return nameUnknown(unreached);
    case 'silent':
      return silent(unreached);
    case 'not-trusted':
      return {
        code: 'ApiServerNotTrusted',
        why: `what answers as ${host} has a certificate that is not of the cluster's authority (CA) in DescribeCluster, so something else answers, such as a proxy that opens TLS (${noAnswer.words})`,
        commands: [],
      };
    case 'tls':
      return {
        code: 'ApiServerTls',
        why: `TLS with ${host} fails (${noAnswer.words}), as it does behind a proxy, or with a clock that is wrong`,
        commands: [],
      };
    case 'lost':
      return { code: 'KubernetesUnreachable', why: noAnswer.words, commands: [] };
    default:
      noAnswer.kind satisfies never;
      throw new Error(`unknown answer ${JSON.stringify(noAnswer)}`);
  }
}

function nameUnknown({ host, noAnswer, access }: Unreached): Explained {
  const privately = access.publicAccess ? '' : ', which is a private endpoint';
  const why = `its name ${host}${privately} is not found (DNS: ${noAnswer.words})`;
  return { code: 'ApiServerNameUnknown', why, commands: [`nslookup ${host}`] };
}

/** Nothing came back within the limit: who drops packets says nothing, so the settings have to explain it. */
function silent(unreached: Unreached): Explained {
  const { access, addresses, noAnswer } = unreached;
  const { publicAccess, privateAccess, publicCidrs, securityGroup } = access;
  const inside = addresses.filter(isPrivate);
  if (!publicAccess) {
    const where = inside.length === 0 ? '' : ` (its name leads to ${inside.join(', ')})`;
    return {
      code: 'ApiServerPrivate',
      why: `it has a private endpoint only${where}, which answers inside its VPC, and did not answer the bot in time`,
      commands: [openPublicly(unreached, [BOT])],
    };
  }
  if (privateAccess && inside.length > 0)
    return {
      code: 'ApiServerPrivate',
      why: `its name leads to ${inside.join(', ')} inside its VPC, and nothing answers there in time: the cluster's security group probably does not let the bot in`,
      commands:
        securityGroup === null
          ? []
          : [
              `aws ec2 authorize-security-group-ingress --region ${unreached.region} --group-id ${securityGroup} --protocol tcp --port 443 --cidr ${BOT}`,
            ],
    };
  if (publicCidrs.length > 0 && !publicCidrs.includes(EVERYBODY))
    return {
      code: 'ApiServerCidrs',
      why: `EKS lets only ${publicCidrs.join(', ')} reach its public endpoint, and it did not answer the bot in time: the address of the bot is probably not in that list`,
      commands: [openPublicly(unreached, [...publicCidrs, BOT])],
    };
  return {
    code: 'ApiServerSilent',
    why: `nothing answered in time, although EKS lets everybody reach its public endpoint (${noAnswer.words})`,
    commands: [],
  };
}

function openPublicly({ cluster, region }: Unreached, cidrs: string[]): string {
  return `aws eks update-cluster-config --region ${region} --name ${cluster} --resources-vpc-config endpointPublicAccess=true,publicAccessCidrs="${cidrs.join(',')}"`;
}

/** RFC 1918, 6598 (what some VPCs have) and 4193. */
function isPrivate(address: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd])/i.test(
    address,
  );
}
