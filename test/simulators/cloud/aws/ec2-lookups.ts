import { AwsError } from './errors.ts';
import type { QueryHandler } from './query-protocol.ts';
import type { AwsRequest } from './request.ts';

/** What eksctl asks EC2 for before it makes a group, in answers that say as little as they may. Key pairs are forgotten. */
export const ec2Lookups: Record<string, QueryHandler<AwsRequest>> = {
  DescribeSubnets: ({ region }) => ({
    subnetSet: {
      item: [
        { subnetId: SUBNET, vpcId: VPC, availabilityZone: `${region}a`, mapPublicIpOnLaunch: true, state: 'available' },
      ],
    },
  }),
  DescribeVpcs: () => ({ vpcSet: { item: [{ vpcId: VPC, cidrBlock: '192.168.0.0/16', state: 'available' }] } }),
  DescribeAvailabilityZones: ({ region }) => ({
    availabilityZoneInfo: {
      item: ['a', 'b', 'c'].map((zone) => ({ zoneName: `${region}${zone}`, zoneType: 'availability-zone' })),
    },
  }),
  DescribeInstanceTypeOfferings: () => ({ instanceTypeOfferingSet: { item: [] } }),
  DescribeKeyPairs: (_, form) => {
    throw new AwsError('InvalidKeyPair.NotFound', `The key pair '${form.get('KeyName.1')}' does not exist`, 400);
  },
  ImportKeyPair: (_, form) => ({ keyName: form.get('KeyName') ?? '', keyFingerprint: '0a:1b:2c:3d:4e:5f' }),
};

const SUBNET = 'subnet-0a1b2c3d4e5f60001';
const VPC = 'vpc-0a1b2c3d4e5f60001';
