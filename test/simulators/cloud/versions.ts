import { createHash } from 'node:crypto';
import type { KubernetesVersion } from '#src/domain/version.ts';
import { minorOf, parseVersion } from '#src/domain/version.ts';
import data from './versions.json' with { type: 'json' };

/** The catalogue of what the simulated AWS offers; the data and where it comes from are in `versions.json`. */
export type MinorFacts = {
  era: string;
  apiServer: string;
  kubelet: string;
  platformVersion: string;
  released: string;
  standardSupportEnds: string;
  extendedSupportEnds: string;
  amis: { AL2?: string[]; AL2023?: string[] };
  nvidia?: string;
  addons: Record<string, { default: string; others: string[] }>;
};

export type Image = {
  imageId: string;
  name: string;
  creationDate: string;
  architecture: string;
  /** null: of somebody's own, which says nothing about it. */
  version: KubernetesVersion | null;
};

const minors = data.minors as Record<string, MinorFacts>;

export const knownVersions: KubernetesVersion[] = Object.keys(minors)
  .flatMap((text) => parseVersion(text) ?? [])
  .toSorted((a, b) => minorOf(a) - minorOf(b));

export const newestVersion: KubernetesVersion = knownVersions.at(-1) ?? '1.36';

export function factsOf(version: string): MinorFacts | undefined {
  return minors[version];
}

/** Facts of a version that was checked before. */
export function knownFactsOf(version: string): MinorFacts {
  const facts = minors[version];
  if (facts === undefined)
    throw new Error(`the cloud simulator does not know Kubernetes ${version}: add it to versions.json`);
  return facts;
}

/** Same name and region, same id: ids do not change between runs. */
function imageIdOf(name: string, region: string): string {
  return `ami-0${createHash('sha256').update(`${region}/${name}`).digest('hex').slice(0, 16)}`;
}

function imageNames(version: KubernetesVersion, { amis, nvidia = '' }: MinorFacts): { name: string; date: string }[] {
  const al2 = (amis.AL2 ?? []).flatMap((date) =>
    ['node', 'gpu-node', 'arm64-node'].map((kind) => ({ name: `amazon-eks-${kind}-${version}-v${date}`, date })),
  );
  const al2023 = (amis.AL2023 ?? []).flatMap((date) =>
    ['x86_64-standard', `x86_64-nvidia-${nvidia}`, 'x86_64-neuron', 'arm64-standard'].map((kind) => ({
      name: `amazon-eks-node-al2023-${kind}${kind.endsWith('-') ? '' : '-'}${version}-v${date}`,
      date,
    })),
  );
  const bottlerocket = [{ name: `bottlerocket-aws-k8s-${version}-x86_64-v1.62.1-6f1f1d7b`, date: '20260710' }];
  return [...al2, ...al2023, ...(minorOf(version) >= 30 ? bottlerocket : [])];
}

const imagesByRegion = new Map<string, Image[]>();

export function imagesOf(region: string): Image[] {
  const known = imagesByRegion.get(region);
  if (known !== undefined) return known;
  const images = knownVersions.flatMap((version) =>
    imageNames(version, knownFactsOf(version)).map(({ name, date }) => ({
      imageId: imageIdOf(name, region),
      name,
      creationDate: `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}T18:23:05.000Z`,
      architecture: name.includes('arm64') ? 'arm64' : 'x86_64',
      version,
    })),
  );
  const all = [...images, ownImage(region)];
  imagesByRegion.set(region, all);
  return all;
}

/** One that a team has made for its nodes and called as it liked. */
export function ownImage(region: string): Image {
  const name = 'jupyter-node-2026-10-01';
  return {
    imageId: imageIdOf(name, region),
    name,
    creationDate: '2026-10-01T18:23:05.000Z',
    architecture: 'x86_64',
    version: null,
  };
}

export function imageOf(imageId: string, region: string): Image | undefined {
  return imagesOf(region).find((image) => image.imageId === imageId);
}

/** Newest image of a family; `accelerated`: the NVIDIA variant. */
export function recommendedImage(query: {
  version: KubernetesVersion;
  region: string;
  family: 'AL2' | 'AL2023';
  accelerated: boolean;
}): Image | undefined {
  const { version, region, family, accelerated } = query;
  const prefix =
    family === 'AL2'
      ? `amazon-eks-${accelerated ? 'gpu-node' : 'node'}-${version}-v`
      : `amazon-eks-node-al2023-x86_64-${accelerated ? `nvidia-${knownFactsOf(version).nvidia ?? ''}` : 'standard-'}${version}-v`;
  return imagesOf(region)
    .filter(({ name }) => name.startsWith(prefix))
    .toSorted((a, b) => b.creationDate.localeCompare(a.creationDate))[0];
}

/** e.g. `1.34.9-20260714`: what EKS calls the release of a managed node group. */
export function releaseVersionOf(version: KubernetesVersion): string {
  const { kubelet, amis } = knownFactsOf(version);
  const date = amis.AL2023?.at(-1) ?? amis.AL2?.at(-1) ?? '20240101';
  return `${kubelet.slice(1).split('-')[0]}-${date}`;
}

/** Newest first. */
export function addonVersionsOf(
  addon: string,
  version: string,
): { defaultVersion: string; versions: string[] } | undefined {
  const offer = factsOf(version)?.addons[addon];
  return offer === undefined
    ? undefined
    : { defaultVersion: offer.default, versions: [offer.default, ...offer.others] };
}

export const addonNames: string[] = [...new Set(Object.values(minors).flatMap(({ addons }) => Object.keys(addons)))];

const REGISTRY = '602401143452.dkr.ecr.us-west-2.amazonaws.com';

/** The image EKS installs in kube-system for an add-on version. */
export function addonImage(addon: string, version: string): string {
  switch (addon) {
    case 'kube-proxy':
      return `${REGISTRY}/eks/kube-proxy:${version}`;
    case 'coredns':
      return `${REGISTRY}/eks/coredns:${version}`;
    case 'vpc-cni':
      return `${REGISTRY}/amazon-k8s-cni:${version}`;
    default:
      return `${REGISTRY}/eks/${addon}:${version}`;
  }
}
