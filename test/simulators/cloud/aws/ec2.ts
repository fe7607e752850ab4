import { textAt } from '../json.ts';
import type { Image } from '../versions.ts';
import { imagesOf } from '../versions.ts';
import { liveStacks, securityGroupOf } from '../world/stacks.ts';
import { ofType, parseTemplate } from '../world/template.ts';
import { ec2Lookups } from './ec2-lookups.ts';
import { AwsError } from './errors.ts';
import type { QueryHandler } from './query-protocol.ts';
import { listIn } from './query-protocol.ts';
import type { AwsRequest } from './request.ts';
import type { Xml } from './xml.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ */
export const ec2Operations: Record<string, QueryHandler<AwsRequest>> = {
  DescribeImages: describeImages,
  DescribeLaunchTemplateVersions: describeLaunchTemplateVersions,
  ...ec2Lookups,
  DescribeNetworkInterfaces: describeNetworkInterfaces,
};

function filtersIn(form: URLSearchParams): { name: string; values: string[] }[] {
  const filters: { name: string; values: string[] }[] = [];
  for (let index = 1; form.has(`Filter.${index}.Name`); index += 1) {
    filters.push({ name: form.get(`Filter.${index}.Name`) ?? '', values: listIn(form, `Filter.${index}.Value`) });
  }
  return filters;
}

/** EC2 filters know `*` and `?`. */
function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(text);
}

function fieldOf(image: Image, filter: string): string {
  const fields: Record<string, string> = {
    name: image.name,
    'image-id': image.imageId,
    architecture: image.architecture,
    state: 'available',
    'is-public': 'true',
    'image-type': 'machine',
    'root-device-type': 'ebs',
    'virtualization-type': 'hvm',
    'owner-id': OWNER,
    'owner-alias': 'amazon',
  };
  const field = fields[filter];
  if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${filter}' is invalid`, 400);
  return field;
}

const OWNER = '602401143452';

function describeImages({ region }: AwsRequest, form: URLSearchParams): Xml {
  const ids = listIn(form, 'ImageId');
  const filters = filtersIn(form);
  const images = imagesOf(region).filter((image) => ids.length === 0 || ids.includes(image.imageId));
  const missing = ids.filter((id) => !images.some(({ imageId }) => imageId === id));
  if (missing.length > 0)
    throw new AwsError(
      'InvalidAMIID.NotFound',
      `The image ${missing.length === 1 ? 'id' : 'ids'} '[${missing.join(', ')}]' ${missing.length === 1 ? 'does' : 'do'} not exist`,
      400,
    );
  const found = images.filter((image) =>
    filters.every(({ name, values }) => values.some((value) => matches(value, fieldOf(image, name)))),
  );
  return { imagesSet: { item: found.map(imageXml) } };
}

function imageXml(image: Image): Xml {
  return {
    imageId: image.imageId,
    name: image.name,
    creationDate: image.creationDate,
    architecture: image.architecture,
    description: image.version === null ? 'Nodes of the hub' : `EKS Kubernetes Worker AMI (k8s: ${image.version})`,
    imageOwnerId: OWNER,
    imageOwnerAlias: 'amazon',
    imageState: 'available',
    isPublic: true,
    imageType: 'machine',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    virtualizationType: 'hvm',
    blockDeviceMapping: {
      item: [
        {
          deviceName: '/dev/xvda',
          ebs: { snapshotId: 'snap-0a1b2c3d4e5f60001', volumeSize: 20, volumeType: 'gp2', deleteOnTermination: true },
        },
      ],
    },
  };
}

/** What the VPC CNI leaves behind when its node goes at the wrong moment (amazon-vpc-cni-k8s#608): fault `network-interface-left`. */
function describeNetworkInterfaces(request: AwsRequest, form: URLSearchParams): Xml {
  const { world, region, principal } = request;
  const groups = filtersIn(form).flatMap(({ name, values }) => (name === 'group-id' ? values : []));
  const left = world.clusters
    .filter((cluster) => cluster.region === region && cluster.account === principal.account)
    .filter(({ name }) => world.faults.isOn(name, 'network-interface-left'))
    .flatMap((cluster) => liveStacks(cluster, request.nowOf(cluster)))
    .flatMap((stack) => securityGroupOf(stack) ?? [])
    .filter((group) => groups.includes(group));
  const interfaces = left.map((group) => ({
    networkInterfaceId: `eni-${group.slice('sg-'.length)}`,
    description: 'aws-K8S-i-0a1b2c3d4e5f60001',
    status: 'available',
    groupSet: { item: [{ groupId: group }] },
  }));
  return { networkInterfaceSet: { item: interfaces } };
}

/** Launch templates of the stacks, by id or by name (the stack's); one version each. */
function describeLaunchTemplateVersions(request: AwsRequest, form: URLSearchParams): Xml {
  const { world, region, principal } = request;
  const id = form.get('LaunchTemplateId');
  const name = form.get('LaunchTemplateName');
  const stacks = world.clusters
    .filter((cluster) => cluster.region === region && cluster.account === principal.account)
    .flatMap((cluster) => liveStacks(cluster, world.clock.now()));
  for (const stack of stacks) {
    const resource = stack.resources.find(({ type }) => type === 'AWS::EC2::LaunchTemplate');
    if (resource === undefined || (resource.physicalId !== id && stack.name !== name)) continue;
    const data = ofType(parseTemplate(stack.template), 'AWS::EC2::LaunchTemplate')?.properties['LaunchTemplateData'];
    const version = {
      launchTemplateId: resource.physicalId,
      launchTemplateName: stack.name,
      versionNumber: 1,
      defaultVersion: true,
      createTime: new Date(stack.createdAt).toISOString(),
      launchTemplateData: { imageId: textAt(data, 'ImageId'), instanceType: textAt(data, 'InstanceType') },
    };
    return { launchTemplateVersionSet: { item: [version] } };
  }
  throw id === null
    ? new AwsError(
        'InvalidLaunchTemplateName.NotFoundException',
        `The specified launch template, with template name ${name}, does not exist.`,
        400,
      )
    : new AwsError(
        'InvalidLaunchTemplateId.NotFound',
        `The specified launch template, with template ID ${id}, does not exist.`,
        400,
      );
}
