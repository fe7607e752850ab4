import { expect, test } from 'vitest';
import { type ApiServerAccess, type NoAnswer, unreachedError } from '#src/domain/api-server-reach.ts';

const OPEN: ApiServerAccess = {
  publicAccess: true,
  publicCidrs: ['0.0.0.0/0'],
  privateAccess: false,
  securityGroup: 'sg-0ab',
};
const HOST = 'ABC.gr7.us-west-2.eks.amazonaws.com';
const COMMAND = 'aws eks update-cluster-config --region us-west-2 --name coast --resources-vpc-config';

type Case = {
  title: string;
  kind: NoAnswer['kind'];
  access?: Partial<ApiServerAccess>;
  addresses?: string[];
  code: string;
  says: RegExp;
  command?: string;
};

const CASES: Case[] = [
  {
    title: 'a private endpoint only, whose name leads into its VPC',
    kind: 'silent',
    access: { publicAccess: false, privateAccess: true },
    addresses: ['10.0.3.7'],
    code: 'ApiServerPrivate',
    says: /private endpoint only \(its name leads to 10\.0\.3\.7\)/,
    command: `${COMMAND} endpointPublicAccess=true,publicAccessCidrs="<address of the bot>/32"`,
  },
  {
    title: 'a list of networks without the bot',
    kind: 'silent',
    access: { publicCidrs: ['203.0.113.0/24', '198.51.100.7/32'] },
    addresses: ['54.1.2.3'],
    code: 'ApiServerCidrs',
    says: /lets only 203\.0\.113\.0\/24, 198\.51\.100\.7\/32 reach its public endpoint/,
    command: `${COMMAND} endpointPublicAccess=true,publicAccessCidrs="203.0.113.0/24,198.51.100.7/32,<address of the bot>/32"`,
  },
  {
    title: 'a security group that does not let the bot in from inside the VPC',
    kind: 'silent',
    access: { privateAccess: true, publicCidrs: ['203.0.113.0/24'] },
    addresses: ['172.31.4.5'],
    code: 'ApiServerPrivate',
    says: /leads to 172\.31\.4\.5 inside its VPC/,
    command:
      'aws ec2 authorize-security-group-ingress --region us-west-2 --group-id sg-0ab --protocol tcp --port 443 --cidr <address of the bot>/32',
  },
  {
    title: 'something in between, where EKS lets everybody in',
    kind: 'silent',
    addresses: ['54.1.2.3'],
    code: 'ApiServerSilent',
    says: /although EKS lets everybody reach its public endpoint/,
  },
  {
    title: 'a name that no DNS server knows',
    kind: 'name-unknown',
    code: 'ApiServerNameUnknown',
    says: /its name ABC\.gr7\.us-west-2\.eks\.amazonaws\.com is not found \(DNS/,
    command: `nslookup ${HOST}`,
  },
  {
    title: 'a certificate of another authority',
    kind: 'not-trusted',
    code: 'ApiServerNotTrusted',
    says: /certificate that is not of the cluster's authority \(CA\) in DescribeCluster/,
  },
  { title: 'TLS that fails', kind: 'tls', code: 'ApiServerTls', says: /TLS with ABC\.gr7.* fails/ },
  { title: 'a connection that broke', kind: 'lost', code: 'KubernetesUnreachable', says: /the words of Node/ },
];

test.each(CASES)('what keeps the bot from the API server is named: $title', (each) => {
  const { kind, access = {}, addresses = [], code, says, command } = each;
  const error = unreachedError(
    {
      noAnswer: { kind, words: 'the words of Node' },
      cluster: 'coast',
      region: 'us-west-2',
      host: HOST,
      access: { ...OPEN, ...access },
      addresses,
    },
    null,
  );
  const [message = '', ...commands] = error.message.split('\n');
  expect(error.code).toBe(code);
  expect(message).toMatch(/^the API server of coast cannot be reached: /);
  expect(message).toMatch(says);
  expect(commands).toEqual(command === undefined ? [] : [command]);
});
