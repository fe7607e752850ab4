import { z } from 'zod';
import { roleInTemplate, type TemplateRole } from './role-in-template.ts';

/** What a node group's stack template says, as far as the bot needs it. */
export type NodeGroupTemplate = {
  managed: boolean;
  image: TemplateImage;
  sizes: { min: number; max: number; desired: number } | null;
  /** The AMI family that eksctl wrote into the description of a self-managed group's stack. */
  statedFamily: string | null;
  /** The node's role, if the stack makes it: with the stack's name and the partition in it. */
  roleOf: (context: { stackName: string; partition: string }) => TemplateRole | null;
};

export type TemplateImage = { kind: 'id'; imageId: string } | { kind: 'unknown'; why: string };

/** Numbers in eksctl's self-managed templates are strings, those of managed groups are not. */
const size = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

const resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const template = z.object({ Description: z.string().optional(), Resources: z.record(z.string(), resource) });
const launchTemplate = z.object({ LaunchTemplateData: z.object({ ImageId: z.unknown().optional() }) });
const launchConfiguration = z.object({ ImageId: z.unknown().optional() });
const scalingGroup = z.object({ MinSize: size, MaxSize: size, DesiredCapacity: size.optional() });
const scalingConfig = z.object({
  ScalingConfig: z.object({ MinSize: size, MaxSize: size, DesiredSize: size.optional() }),
});

/**
 * Reads a template made by eksctl (JSON). Resources are found by type: their logical names changed over eksctl's life.
 * `parameters` are the stack's, with what CloudFormation resolved them to.
 * https://github.com/eksctl-io/eksctl/blob/main/pkg/cfn/builder/nodegroup.go
 */
export function readNodeGroupTemplate(body: string, parameters: Record<string, string>): NodeGroupTemplate {
  const parsed = template.safeParse(parseJson(body));
  if (!parsed.success) {
    return {
      managed: false,
      image: { kind: 'unknown', why: 'its stack template is not the JSON that eksctl writes' },
      sizes: null,
      statedFamily: null,
      roleOf: () => null,
    };
  }
  const resources = Object.values(parsed.data.Resources);
  const propertiesOf = (type: string) => resources.find(({ Type }) => Type === type)?.Properties;
  const nodegroup = propertiesOf('AWS::EKS::Nodegroup');
  return {
    managed: nodegroup !== undefined,
    image: imageOf(propertiesOf, parameters),
    sizes:
      nodegroup === undefined
        ? selfManagedSizes(propertiesOf('AWS::AutoScaling::AutoScalingGroup'))
        : managedSizes(nodegroup),
    statedFamily: /\(AMI family: (\w+),/.exec(parsed.data.Description ?? '')?.[1] ?? null,
    roleOf: (context) => roleInTemplate(resources, context),
  };
}

type Properties = Record<string, unknown>;

function imageOf(
  propertiesOf: (type: string) => Properties | undefined,
  parameters: Record<string, string>,
): TemplateImage {
  const data = launchTemplate.safeParse(propertiesOf('AWS::EC2::LaunchTemplate')).data?.LaunchTemplateData;
  const configuration = launchConfiguration.safeParse(propertiesOf('AWS::AutoScaling::LaunchConfiguration')).data;
  const id = data?.ImageId ?? configuration?.ImageId;
  if (id === undefined) return { kind: 'unknown', why: 'its launch template names no image' };
  const resolved = isReference(id) ? parameters[id.Ref] : id;
  if (typeof resolved === 'string' && resolved.startsWith('ami-')) return { kind: 'id', imageId: resolved };
  return {
    kind: 'unknown',
    why: `its launch template's image is ${JSON.stringify(id)}, which only EC2 resolves when it starts a node`,
  };
}

function isReference(value: unknown): value is { Ref: string } {
  return typeof value === 'object' && value !== null && 'Ref' in value && typeof value.Ref === 'string';
}

function selfManagedSizes(properties: Properties | undefined): NodeGroupTemplate['sizes'] {
  const { data } = scalingGroup.safeParse(properties);
  return data === undefined
    ? null
    : { min: data.MinSize, max: data.MaxSize, desired: data.DesiredCapacity ?? data.MinSize };
}

function managedSizes(properties: Properties): NodeGroupTemplate['sizes'] {
  const config = scalingConfig.safeParse(properties).data?.ScalingConfig;
  return config === undefined
    ? null
    : { min: config.MinSize, max: config.MaxSize, desired: config.DesiredSize ?? config.MinSize };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
