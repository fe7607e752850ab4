import { describe, expect, it } from 'vitest';
import {
  addonImage,
  addonVersionsOf,
  imageOf,
  knownFactsOf,
  knownVersions,
  recommendedImage,
  releaseVersionOf,
} from './versions.ts';

describe('the catalogue', () => {
  it('knows 1.19 to 1.36, each with core add-ons and a node image', () => {
    expect(knownVersions.at(0)).toBe('1.19');
    expect(knownVersions.at(-1)).toBe('1.36');
    for (const version of knownVersions) {
      const query = { version, region: 'us-west-2', accelerated: false };
      const image = recommendedImage({ ...query, family: 'AL2023' }) ?? recommendedImage({ ...query, family: 'AL2' });
      expect(image?.version).toBe(version);
      expect(knownFactsOf(version).kubelet).toMatch(
        new RegExp(`^v${version.replace('.', '\\.')}\\.\\d+-eks-[0-9a-f]{6,7}$`),
      );
      for (const addon of ['vpc-cni', 'coredns', 'kube-proxy'])
        expect(addonVersionsOf(addon, version)?.versions.length).toBeGreaterThan(0);
    }
  });

  it('has no AL2 image from 1.33 on and no AL2023 one below 1.23', () => {
    const image = (version: `1.${number}`, family: 'AL2' | 'AL2023') =>
      recommendedImage({ version, family, region: 'us-west-2', accelerated: false });
    expect(image('1.33', 'AL2')).toBeUndefined();
    expect(image('1.32', 'AL2')?.name).toBe('amazon-eks-node-1.32-v20251209');
    expect(image('1.22', 'AL2023')).toBeUndefined();
    expect(image('1.34', 'AL2023')?.name).toBe('amazon-eks-node-al2023-x86_64-standard-1.34-v20260714');
  });

  it('names accelerated images, keeps ids apart by region, and forms release versions and images', () => {
    const nvidia = recommendedImage({ version: '1.34', region: 'us-west-2', family: 'AL2023', accelerated: true });
    expect(nvidia?.name).toBe('amazon-eks-node-al2023-x86_64-nvidia-1.34-v20260714');
    expect(imageOf(nvidia?.imageId ?? '', 'us-west-2')).toEqual(nvidia);
    expect(imageOf(nvidia?.imageId ?? '', 'us-east-2')).toBeUndefined();
    expect(releaseVersionOf('1.34')).toBe('1.34.9-20260714');
    expect(addonImage('kube-proxy', 'v1.34.6-eksbuild.13')).toMatch(/\/eks\/kube-proxy:v1\.34\.6-eksbuild\.13$/);
  });
});
