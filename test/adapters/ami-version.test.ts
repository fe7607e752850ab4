import { expect, test } from 'vitest';
import { familyOfAmi, versionOfAmi } from '#src/adapters/ami-version.ts';

test.each([
  ['amazon-eks-node-1.22-v20230607', '1.22'],
  ['amazon-eks-node-1.9-v20200101', '1.9'],
  ['amazon-eks-gpu-node-1.24-v20230406', '1.24'],
  ['amazon-eks-arm64-node-1.27-v20240129', '1.27'],
  ['amazon-eks-node-al2023-x86_64-standard-1.34-v20260901', '1.34'],
  ['amazon-eks-node-al2023-arm64-standard-1.33-v20250610', '1.33'],
  ['amazon-eks-node-al2023-x86_64-neuron-1.32-v20250610', '1.32'],
  ['amazon-eks-node-al2023-x86_64-nvidia-570-1.33-v20250610', '1.33'],
  ['amazon-eks-node-al2023-arm64-nvidia-1.31-v20250610', '1.31'],
  ['bottlerocket-aws-k8s-1.29-x86_64-v1.19.2-29cc92cc', '1.29'],
  ['bottlerocket-aws-k8s-1.28-aarch64-v1.20.0-fcf71a47', '1.28'],
  ['bottlerocket-aws-k8s-1.30-nvidia-x86_64-v1.20.0-fcf71a47', '1.30'],
  ['bottlerocket-aws-k8s-1.31-fips-aarch64-v1.32.0-cacc4ce9', '1.31'],
  ['ubuntu-eks/k8s_1.29/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240301', '1.29'],
  ['ubuntu-eks-pro/k8s_1.33/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250625', '1.33'],
  ['Windows_Server-2022-English-Core-EKS_Optimized-1.31-2025.01.14', '1.31'],
])('the image %s is for Kubernetes %s', (name, version) => {
  expect(versionOfAmi(name)).toBe(version);
});

test.each([
  ['our-golden-image-1.24'],
  ['team/amazon-eks-node-1.22-v20230607'],
  ['amazon-eks-node-1.22'],
  ['ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240301'],
  ['bottlerocket-aws-ecs-2-x86_64-v1.19.2-29cc92cc'],
  [''],
])('the image %s says no version', (name) => {
  expect(versionOfAmi(name)).toBeUndefined();
});

test.each([
  ['amazon-eks-node-1.22-v20230607', 'AmazonLinux2'],
  ['amazon-eks-gpu-node-1.24-v20230406', 'AmazonLinux2'],
  ['amazon-eks-node-al2023-x86_64-nvidia-570-1.33-v20250610', 'AmazonLinux2023'],
  ['bottlerocket-aws-k8s-1.28-aarch64-v1.20.0-fcf71a47', 'Bottlerocket'],
  ['bottlerocket-aws-k8s-1.31-fips-aarch64-v1.32.0-cacc4ce9', 'BottlerocketFips'],
  ['ubuntu-eks/k8s_1.29/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240301', 'Ubuntu2204'],
  ['ubuntu-eks-pro/k8s_1.33/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250625', 'UbuntuPro2404'],
  ['Windows_Server-2022-English-Core-EKS_Optimized-1.31-2025.01.14', 'WindowsServer2022CoreContainer'],
  ['our-golden-image-1.24', null],
])('the image %s is of the family that eksctl calls %s', (name, family) => {
  expect(familyOfAmi(name)).toBe(family);
});
