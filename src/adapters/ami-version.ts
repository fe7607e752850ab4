import { type KubernetesVersion, parseVersion } from '#src/domain/version.ts';

/**
 * Where the publishers of EKS's images put the Kubernetes version in an AMI's name. The families are those of
 * https://github.com/eksctl-io/eksctl/blob/main/pkg/ami/auto_resolver.go; Bottlerocket, which eksctl finds by SSM alone,
 * names its images after https://github.com/bottlerocket-os/bottlerocket/blob/develop/QUICKSTART-EKS.md.
 */
const FAMILIES: RegExp[] = [
  // amazon-eks-node-1.22-v20230607, amazon-eks-gpu-node-1.24-v…, amazon-eks-arm64-node-1.24-v…
  /^amazon-eks(?:-gpu|-arm64)?-node-(1\.\d+)-v\d/,
  // amazon-eks-node-al2023-x86_64-standard-1.34-v…, …-arm64-nvidia-570-1.33-v…
  /^amazon-eks-node-al2023-(?:x86_64|arm64)-[a-z]+(?:-.+)?-(1\.\d+)-v\d/,
  // bottlerocket-aws-k8s-1.29-x86_64-v…, bottlerocket-aws-k8s-1.29-nvidia-aarch64-v…, …-1.31-fips-…
  /^bottlerocket-aws-k8s-(1\.\d+)(?:-[a-z]+)*-(?:x86_64|aarch64)-v\d/,
  // ubuntu-eks/k8s_1.29/images/hvm-ssd/…, ubuntu-eks-pro/k8s_1.33/images/…
  /^ubuntu-eks(?:-pro)?\/k8s_(1\.\d+)\/images\//,
  // Windows_Server-2022-English-Core-EKS_Optimized-1.31-2025.01.14
  /^Windows_Server-\d+-English-(?:Core|Full)-EKS_Optimized-(1\.\d+)-\d/,
];

/** eksctl's `amiFamily` of an image, from the same names; null for one of no known family. */
export function familyOfAmi(name: string): string | null {
  if (versionOfAmi(name) === undefined) return null;
  if (name.startsWith('amazon-eks-node-al2023-')) return 'AmazonLinux2023';
  if (name.startsWith('amazon-eks-')) return 'AmazonLinux2';
  if (name.startsWith('bottlerocket-')) return /-fips-/.test(name) ? 'BottlerocketFips' : 'Bottlerocket';
  const ubuntu = /^ubuntu-eks(-pro)?\/.*-(\d\d)\.(\d\d)-/.exec(name);
  if (ubuntu !== null) return `Ubuntu${ubuntu[1] === undefined ? '' : 'Pro'}${ubuntu[2]}${ubuntu[3]}`;
  const windows = /^Windows_Server-(\d+)-English-(Core|Full)-/.exec(name);
  return windows === null ? null : `WindowsServer${windows[1]}${windows[2]}Container`;
}

/** `undefined` for a name of no known family: a custom image may say anything. */
export function versionOfAmi(name: string): KubernetesVersion | undefined {
  for (const family of FAMILIES) {
    const minor = family.exec(name)?.[1];
    if (minor !== undefined) return parseVersion(minor);
  }
  return undefined;
}
