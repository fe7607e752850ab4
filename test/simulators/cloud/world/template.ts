import { randomBytes } from 'node:crypto';
import type { Json, JsonObject } from '../json.ts';
import { at, isObject, listAt, numberAt, objectAt, textAt, textsAt } from '../json.ts';
import type { StackResource } from './world.ts';

/** Reads a CloudFormation template as far as the contract in README.md goes. */
export type StackContext = { stackName: string; stackId: string; region: string; account: string };

export type Template = {
  description: string;
  resources: { logicalId: string; type: string; properties: JsonObject }[];
  outputs: JsonObject;
};

export function parseTemplate(body: string): Template {
  const parsed = JSON.parse(body) as Json;
  return {
    description: textAt(parsed, 'Description') ?? '',
    resources: Object.entries(objectAt(parsed, 'Resources')).map(([logicalId, resource]) => ({
      logicalId,
      type: textAt(resource, 'Type') ?? '',
      properties: objectAt(resource, 'Properties'),
    })),
    outputs: objectAt(parsed, 'Outputs'),
  };
}

const RANDOM_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function randomSuffix(length: number): string {
  return [...randomBytes(length)].map((byte) => RANDOM_LETTERS[byte % RANDOM_LETTERS.length]).join('');
}

/** Names as CloudFormation makes them: `<stack>-<logical id>-<random>`, cut to what the service allows. */
function physicalId(type: string, logicalId: string, { stackName }: StackContext): string {
  const suffix = `-${logicalId}-${randomSuffix(12)}`;
  switch (type) {
    case 'AWS::IAM::Role':
      return `${stackName.slice(0, 64 - suffix.length)}${suffix}`;
    case 'AWS::EC2::LaunchTemplate':
      return `lt-0${randomBytes(8).toString('hex')}`;
    case 'AWS::EC2::SecurityGroup':
      return `sg-0${randomBytes(8).toString('hex')}`;
    default:
      return `${stackName}${suffix}`;
  }
}

export function physicalResources(template: Template, context: StackContext): StackResource[] {
  return template.resources.map(({ logicalId, type }) => ({
    logicalId,
    type,
    physicalId: physicalId(type, logicalId, context),
  }));
}

/** Resolves Ref, Fn::GetAtt …Arn and Fn::Sub; other functions stay as their JSON text. */
export function resolve(value: Json | undefined, resources: StackResource[], context: StackContext): string {
  if (!isObject(value)) return typeof value === 'string' ? value : JSON.stringify(value ?? '');
  const ref = textAt(value, 'Ref');
  if (ref !== undefined)
    return pseudo(ref, context) ?? resources.find(({ logicalId }) => logicalId === ref)?.physicalId ?? ref;
  const getAtt = at(value, 'Fn::GetAtt');
  const parts = Array.isArray(getAtt) ? getAtt : (textAt(value, 'Fn::GetAtt') ?? '').split('.');
  const [logicalId, attribute] = parts.filter((part) => typeof part === 'string');
  const resource = resources.find((candidate) => candidate.logicalId === logicalId);
  if (resource !== undefined) return attributeOf(resource, attribute ?? '', context);
  const sub = textAt(value, 'Fn::Sub');
  if (sub === undefined) return JSON.stringify(value);
  return sub.replaceAll(/\$\{([^}]+)\}/g, (whole, name: string) => pseudo(name, context) ?? whole);
}

function attributeOf({ type, physicalId: id }: StackResource, attribute: string, { account }: StackContext): string {
  if (type === 'AWS::IAM::Role' && attribute === 'Arn') return `arn:aws:iam::${account}:role/${id}`;
  return attribute === 'LatestVersionNumber' ? '1' : id;
}

function pseudo(name: string, { stackName, stackId, region, account }: StackContext): string | undefined {
  const values: Record<string, string> = {
    'AWS::StackName': stackName,
    'AWS::StackId': stackId,
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
  };
  return values[name];
}

export function ofType(template: Template, type: string): Template['resources'][number] | undefined {
  return template.resources.find((resource) => resource.type === type);
}

export type GroupSizes = { min: number; max: number; desired: number };

/** The node group a template describes, if it does. */
export type GroupTemplate =
  | {
      kind: 'self-managed';
      imageId: string;
      instanceType: string;
      sizes: GroupSizes;
      accessEntry: boolean;
      imageLogicalId: string;
    }
  | {
      kind: 'managed';
      name: string;
      amiType: string;
      instanceTypes: string[];
      sizes: GroupSizes;
      labels: Record<string, string>;
      version: string | null;
    };

export function groupOf(template: Template): GroupTemplate | null {
  const managed = ofType(template, 'AWS::EKS::Nodegroup');
  if (managed !== undefined) {
    const { properties } = managed;
    return {
      kind: 'managed',
      name: textAt(properties, 'NodegroupName') ?? managed.logicalId,
      amiType: textAt(properties, 'AmiType') ?? 'CUSTOM',
      instanceTypes: listAt(properties, 'InstanceTypes').filter((type) => typeof type === 'string'),
      sizes: sizes(objectAt(properties, 'ScalingConfig'), { min: 'MinSize', max: 'MaxSize', desired: 'DesiredSize' }),
      labels: textsAt(properties, 'Labels'),
      version: textAt(properties, 'Version') ?? null,
    };
  }
  const asg = ofType(template, 'AWS::AutoScaling::AutoScalingGroup');
  const launchTemplate = ofType(template, 'AWS::EC2::LaunchTemplate');
  if (asg === undefined || launchTemplate === undefined) return null;
  const data = objectAt(launchTemplate.properties, 'LaunchTemplateData');
  return {
    kind: 'self-managed',
    imageId: textAt(data, 'ImageId') ?? '',
    instanceType: textAt(data, 'InstanceType') ?? 'm5.large',
    sizes: sizes(asg.properties, { min: 'MinSize', max: 'MaxSize', desired: 'DesiredCapacity' }),
    accessEntry: ofType(template, 'AWS::EKS::AccessEntry') !== undefined,
    imageLogicalId: launchTemplate.logicalId,
  };
}

function sizes(from: JsonObject, names: { min: string; max: string; desired: string }): GroupSizes {
  const min = numberAt(from, names.min) ?? 0;
  return { min, max: numberAt(from, names.max) ?? min, desired: numberAt(from, names.desired) ?? min };
}
