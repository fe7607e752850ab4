import { expect, test } from 'vitest';
import { readNodeGroupTemplate } from '#src/adapters/node-group-template.ts';

function selfManaged(imageId: unknown, sizes: object = { MinSize: '0', MaxSize: '500', DesiredCapacity: '3' }): string {
  return JSON.stringify({
    Resources: {
      NodeGroupLaunchTemplate: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: { LaunchTemplateData: { ImageId: imageId } },
      },
      NodeGroup: { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: sizes },
      EgressInterCluster: { Type: 'AWS::EC2::SecurityGroupEgress' },
    },
  });
}

test('a self-managed group: image and sizes, whose numbers are strings', () => {
  expect(readNodeGroupTemplate(selfManaged('ami-0abc'), {})).toMatchObject({
    managed: false,
    image: { kind: 'id', imageId: 'ami-0abc' },
    sizes: { min: 0, max: 500, desired: 3 },
  });
});

test('without a desired capacity the Auto Scaling group starts at its minimum', () => {
  expect(readNodeGroupTemplate(selfManaged('ami-0abc', { MinSize: '2', MaxSize: '4' }), {}).sizes).toEqual({
    min: 2,
    max: 4,
    desired: 2,
  });
});

test('an image behind a parameter is what CloudFormation resolved the parameter to', () => {
  expect(readNodeGroupTemplate(selfManaged({ Ref: 'NodeImage' }), { NodeImage: 'ami-0def' }).image).toEqual({
    kind: 'id',
    imageId: 'ami-0def',
  });
});

test.each([
  ['an SSM reference', 'resolve:ssm:/aws/service/eks/optimized-ami/1.29/amazon-linux-2/recommended/image_id'],
  ['a function', { 'Fn::ImportValue': 'our-image' }],
  ['a parameter the stack does not have', { Ref: 'Other' }],
])('%s is unknown, and says what stands there', (_, imageId) => {
  const { image } = readNodeGroupTemplate(selfManaged(imageId), {});
  expect(image).toEqual({
    kind: 'unknown',
    why: `its launch template's image is ${JSON.stringify(imageId)}, which only EC2 resolves when it starts a node`,
  });
});

test('groups of old eksctl have a launch configuration', () => {
  const body = JSON.stringify({
    Resources: {
      NodeLaunchConfig: { Type: 'AWS::AutoScaling::LaunchConfiguration', Properties: { ImageId: 'ami-0old' } },
    },
  });
  expect(readNodeGroupTemplate(body, {}).image).toEqual({ kind: 'id', imageId: 'ami-0old' });
});

test('a managed group holds an AWS::EKS::Nodegroup, and leaves the image to EKS', () => {
  const body = JSON.stringify({
    Resources: {
      LaunchTemplate: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: {} } },
      ManagedNodeGroup: {
        Type: 'AWS::EKS::Nodegroup',
        Properties: { ScalingConfig: { MinSize: 1, DesiredSize: 2, MaxSize: 3 } },
      },
    },
  });
  expect(readNodeGroupTemplate(body, {})).toMatchObject({
    managed: true,
    image: { kind: 'unknown', why: 'its launch template names no image' },
    sizes: { min: 1, max: 3, desired: 2 },
  });
});

test.each(['', 'Resources: {}', '{"Resources":[]}', 'null'])(
  'a template that eksctl did not write (%j) is unknown, not an error',
  (body) => {
    expect(readNodeGroupTemplate(body, {}).image).toEqual({
      kind: 'unknown',
      why: 'its stack template is not the JSON that eksctl writes',
    });
  },
);
