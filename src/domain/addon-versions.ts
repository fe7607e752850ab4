import type { OfferedAddonVersions } from './observation.ts';

/** Versions such as `v1.12.6-eksbuild.2`, compared number by number: negative when `a` is older. */
export function compareAddonVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function isAddonVersion(text: string): boolean {
  return /^v?\d+\.\d+/.test(text);
}

export function isOffered(offered: OfferedAddonVersions | undefined, version: string): boolean {
  return offered !== undefined && (offered.versions.includes(version) || offered.defaultVersion === version);
}

export function newestOffered(versions: readonly string[]): string | undefined {
  return [...versions].sort(compareAddonVersions).at(-1);
}

/**
 * The versions on the way from one to another, both included. The VPC CNI as an EKS add-on moves one minor at a time
 * (https://docs.aws.amazon.com/eks/latest/userguide/vpc-add-on-update.html); all others go straight. A minor of which
 * nothing is offered is left out; the caller sees the jump.
 */
export function stepsTo(way: {
  name: string;
  from: string;
  to: string;
  offered: OfferedAddonVersions | undefined;
  /** Versions a plan shown before went through. */
  preferred?: readonly string[];
}): string[] {
  if (way.name !== 'vpc-cni') return [way.from, way.to];
  const between: string[] = [];
  for (let minor = minorOfAddon(way.from) + 1; minor < minorOfAddon(way.to); minor++) {
    const ofMinor = (versions: readonly string[]): string[] =>
      versions.filter((version) => majorOf(version) === majorOf(way.to) && minorOfAddon(version) === minor);
    const next =
      ofMinor(way.preferred ?? []).find((version) => isOffered(way.offered, version)) ??
      newestOffered(ofMinor(way.offered?.versions ?? []));
    if (next !== undefined) between.push(next);
  }
  return [way.from, ...between, way.to];
}

function numbersOf(version: string): number[] {
  return (version.match(/\d+/g) ?? []).map(Number);
}

function majorOf(version: string): number {
  return numbersOf(version)[0] ?? 0;
}

/** 0 for a text that is no version. */
export function minorOfAddon(version: string): number {
  return Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}
