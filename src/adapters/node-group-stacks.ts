import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateDescribeStackEvents,
  paginateDescribeStacks,
  type Stack,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import { UserError } from '#src/domain/errors.ts';
import type { NodeGroupStack, NodeGroupStacks, StackAmi, StackRole } from '#src/ports/node-group-stacks.ts';
import { familyOfAmi, versionOfAmi } from './ami-version.ts';
import { type AdapterLogger, type AwsCaller, awsCaller } from './aws-call.ts';
import type { AwsClients } from './aws-clients.ts';
import { concurrently } from './concurrently.ts';
import { type NodeGroupTemplate, readNodeGroupTemplate } from './node-group-template.ts';
import { failedResourcesOf, failureReasonsOf, operationBegan } from './stack-failures.ts';
import { groupOfStack } from './stack-names.ts';

type Deps = { clients: Pick<AwsClients, 'cloudFormation' | 'ec2'>; cluster: string; logger: AdapterLogger };

type Inside = {
  cloudFormation: CloudFormationClient;
  ec2: AwsClients['ec2'];
  callCloudFormation: AwsCaller;
  callEc2: AwsCaller;
  /** A stack's template changes only with the stack: by stack id and last update. */
  templates: Map<string, NodeGroupTemplate>;
  /** An image's name never changes: by image id. Images that were not found are asked for again. */
  imageNames: Map<string, string>;
  /** Ids of the cluster's stacks that stood at the last look. */
  stood: Set<string>;
};

const IN_FLIGHT = 4;

export function createNodeGroupStacks({ clients, cluster, logger }: Deps): NodeGroupStacks {
  const inside: Inside = {
    cloudFormation: clients.cloudFormation,
    ec2: clients.ec2,
    callCloudFormation: awsCaller({ service: 'cloudformation', cluster, logger }),
    callEc2: awsCaller({ service: 'ec2', cluster, logger }),
    templates: new Map(),
    imageNames: new Map(),
    stood: new Set(),
  };
  return {
    list: (name) => listStacks(inside, name),
    failureReasons: async (stackName) => failureReasonsOf(await eventsOf(inside, stackName)),
    failedResources: async (stackName) => failedResourcesOf(await eventsOf(inside, stackName)),
    interfacesIn: (securityGroup) => interfacesIn(inside, securityGroup),
  };
}

async function listStacks(inside: Inside, cluster: string): Promise<NodeGroupStack[]> {
  const stacks = (await standingStacks(inside)).flatMap((stack) => {
    const group = groupOfStack(stack, cluster);
    return group === undefined ? [] : [{ stack, group }];
  });
  inside.stood = new Set(stacks.flatMap(({ stack }) => stack.StackId ?? []));
  const withTemplates = await concurrently(IN_FLIGHT, stacks, async ({ stack, group }) => ({
    stack,
    group,
    template: await templateOf(inside, stack),
  }));
  await learnImageNames(
    inside,
    withTemplates.flatMap(({ template: { image } }) => (image.kind === 'id' ? [image.imageId] : [])),
  );
  return withTemplates.map(({ stack, group, template }) => ({
    stackName: stack.StackName ?? '',
    group,
    kind: template.managed ? 'managed' : 'self-managed',
    status: stack.StackStatus ?? 'unknown',
    createdAt: stack.CreationTime?.getTime() ?? 0,
    ami: amiOf(inside, template),
    amiFamily: familyOf(inside, template),
    nodeRole: template.managed ? null : (outputOf(stack, 'InstanceRoleARN') ?? null),
    bringsAccessEntry: !template.managed && outputOf(stack, 'NodeGroupUsesAccessEntry') === 'true',
    ownRole: ownRoleOf(stack, template),
    sizes: template.sizes,
  }));
}

/** Outputs of eksctl's stacks: https://github.com/eksctl-io/eksctl/blob/main/pkg/cfn/outputs/api.go */
function outputOf({ Outputs = [] }: Stack, key: string): string | undefined {
  return Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
}

function ownRoleOf(stack: Stack, { roleOf }: NodeGroupTemplate): StackRole | null {
  const parts = /^arn:([^:]+):iam::\d+:role\/(?:.*\/)?([^/]+)$/.exec(outputOf(stack, 'InstanceRoleARN') ?? '');
  const made = roleOf({ stackName: stack.StackName ?? '', partition: parts?.[1] ?? 'aws' });
  if (made === null) return null;
  return { name: parts?.[2] ?? null, attached: allKnown(made.attached), inline: allKnown(made.inline) };
}

function allKnown(values: (string | null)[]): string[] | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length ? known : null;
}

/**
 * All stacks of the region, with their tags, in one call a page; ListStacks has no tags, and would need one more call
 * for every group. Deleted stacks are not in it.
 */
async function describeStacks({ cloudFormation, callCloudFormation }: Inside): Promise<Stack[]> {
  return callCloudFormation('DescribeStacks', async () => {
    const stacks: Stack[] = [];
    for await (const page of paginateDescribeStacks({ client: cloudFormation }, {}))
      stacks.push(...(page.Stacks ?? []));
    return stacks;
  });
}

/**
 * A list that comes in pages is no snapshot: when a stack of anybody goes between two pages, another one may be on neither.
 * So one that stood at the last look and is not listed now is asked for by its id.
 */
async function standingStacks(inside: Inside): Promise<Stack[]> {
  const listed = await describeStacks(inside);
  const ids = new Set(listed.map(({ StackId }) => StackId));
  const missed = [...inside.stood].filter((id) => !ids.has(id));
  const found = await concurrently(IN_FLIGHT, missed, (id) => stackById(inside, id));
  return [...listed, ...found.flat()].filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
}

/** Of one that is gone this says DELETE_COMPLETE for some weeks, then that there is none. */
async function stackById({ cloudFormation, callCloudFormation }: Inside, id: string): Promise<Stack[]> {
  try {
    const { Stacks = [] } = await callCloudFormation('DescribeStacks', () =>
      cloudFormation.send(new DescribeStacksCommand({ StackName: id })),
    );
    return Stacks;
  } catch (error) {
    if (isMissingStack(error)) return [];
    throw error;
  }
}

async function templateOf(inside: Inside, stack: Stack): Promise<NodeGroupTemplate> {
  const key = `${stack.StackId} ${stack.LastUpdatedTime?.getTime() ?? 0}`;
  const known = inside.templates.get(key);
  if (known !== undefined) return known;
  const body = await templateBody(inside, stack);
  if (body === null)
    return {
      managed: false,
      image: { kind: 'unknown', why: 'its stack was deleted while the bot looked' },
      sizes: null,
      statedFamily: null,
      roleOf: () => null,
    };
  const parameters = (stack.Parameters ?? []).map(
    ({ ParameterKey = '', ResolvedValue, ParameterValue = '' }) =>
      [ParameterKey, ResolvedValue ?? ParameterValue] as const,
  );
  const template = readNodeGroupTemplate(body, Object.fromEntries(parameters));
  inside.templates.set(key, template);
  return template;
}

async function templateBody(
  { cloudFormation, callCloudFormation }: Inside,
  { StackId, StackName }: Stack,
): Promise<string | null> {
  try {
    const answer = await callCloudFormation('GetTemplate', () =>
      cloudFormation.send(new GetTemplateCommand({ StackName: StackId ?? StackName })),
    );
    return answer.TemplateBody ?? '';
  } catch (error) {
    if (isMissingStack(error)) return null;
    throw error;
  }
}

/**
 * Asks by filter and not by `ImageIds`, where one unknown id would fail the whole call. Images that their owner has
 * deprecated or disabled are still the ones a group runs on.
 */
async function learnImageNames({ ec2, callEc2, imageNames }: Inside, imageIds: string[]): Promise<void> {
  const unknown = [...new Set(imageIds)].filter((id) => !imageNames.has(id));
  if (unknown.length === 0) return;
  const { DescribeImagesCommand } = await import('@aws-sdk/client-ec2');
  const { Images = [] } = await callEc2('DescribeImages', async () =>
    (await ec2()).send(
      new DescribeImagesCommand({
        Filters: [{ Name: 'image-id', Values: unknown }],
        IncludeDeprecated: true,
        IncludeDisabled: true,
      }),
    ),
  );
  for (const { ImageId, Name } of Images)
    if (ImageId !== undefined && Name !== undefined) imageNames.set(ImageId, Name);
}

function amiOf({ imageNames }: Inside, { managed, image }: NodeGroupTemplate): StackAmi {
  if (image.kind === 'unknown') {
    return { kind: 'unknown', why: managed ? 'EKS chooses the image of a managed group' : image.why };
  }
  const name = imageNames.get(image.imageId);
  if (name === undefined)
    return { kind: 'unknown', why: `its image ${image.imageId} is deregistered or not shared with this account` };
  const version = versionOfAmi(name);
  if (version === undefined)
    return {
      kind: 'unknown',
      why: `its image ${image.imageId} (${name}) is a custom one whose name does not say a version`,
    };
  return { kind: 'known', imageId: image.imageId, name, version };
}

/** The image knows better than what eksctl wrote beside it, which of an image of somebody's own is all there is. */
function familyOf({ imageNames }: Inside, { image, statedFamily }: NodeGroupTemplate): string | null {
  const name = image.kind === 'id' ? imageNames.get(image.imageId) : undefined;
  return (name === undefined ? null : familyOfAmi(name)) ?? statedFamily;
}

/** A stack that is gone has no reasons to give. Events come newest first, so the pages after the operation's begin are not read. */
async function eventsOf({ cloudFormation, callCloudFormation }: Inside, stackName: string): Promise<StackEvent[]> {
  try {
    return await callCloudFormation('DescribeStackEvents', async () => {
      const seen: StackEvent[] = [];
      for await (const page of paginateDescribeStackEvents({ client: cloudFormation }, { StackName: stackName })) {
        seen.push(...(page.StackEvents ?? []));
        if (seen.some(operationBegan)) break;
      }
      return seen;
    });
  } catch (error) {
    if (isMissingStack(error)) return [];
    throw error;
  }
}

async function interfacesIn({ ec2, callEc2 }: Inside, securityGroup: string): Promise<string[]> {
  const { DescribeNetworkInterfacesCommand } = await import('@aws-sdk/client-ec2');
  const Filters = [{ Name: 'group-id', Values: [securityGroup] }];
  const { NetworkInterfaces = [] } = await callEc2('DescribeNetworkInterfaces', async () =>
    (await ec2()).send(new DescribeNetworkInterfacesCommand({ Filters })),
  );
  return NetworkInterfaces.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []);
}

function isMissingStack(error: unknown): boolean {
  return error instanceof UserError && error.code === 'AwsNotFound';
}
