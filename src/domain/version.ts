/** A Kubernetes minor version as EKS spells it, e.g. `1.24`. */
export type KubernetesVersion = `1.${number}`;

const MINOR = /^1\.(0|[1-9]\d{0,2})$/;

/** `undefined` for anything that is not exactly `1.N` (no `v`, no patch, no leading zero). */
export function parseVersion(text: string): KubernetesVersion | undefined {
  return MINOR.test(text) ? (text as KubernetesVersion) : undefined;
}

/** The minor of a longer version text: kubelet `v1.22.17-eks-0a21954`, image tag `v1.24.7-eksbuild.2`, or `1.24`. */
export function minorVersionOf(text: string): KubernetesVersion | undefined {
  const match = /^v?(1\.\d+)(?:[.+-].*)?$/.exec(text.trim());
  return match?.[1] === undefined ? undefined : parseVersion(match[1]);
}

export function minorOf(version: KubernetesVersion): number {
  return Number(version.slice(2));
}

export function versionOfMinor(minor: number): KubernetesVersion {
  return `1.${minor}`;
}

/** Minors from `a` up to `b`; negative when `b` is older. */
export function minorsBetween(a: KubernetesVersion, b: KubernetesVersion): number {
  return minorOf(b) - minorOf(a);
}

/** Every control-plane hop from `from` to `to`, one minor at a time; empty when `to` is not newer. */
export function hopsBetween(from: KubernetesVersion, to: KubernetesVersion): KubernetesVersion[] {
  const count = Math.max(0, minorsBetween(from, to));
  return Array.from({ length: count }, (_, i) => versionOfMinor(minorOf(from) + i + 1));
}
