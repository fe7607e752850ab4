import type { KubernetesVersion } from './version.ts';

/** The branch a run pushes the changed config to. */
export function upgradeBranch(cluster: string, to: KubernetesVersion): string {
  return `${upgradeBranches(cluster)}${to}`;
}

/** What the names of all such branches of a cluster begin with; those of `coast-2` do not count for `coast`. */
export function upgradeBranches(cluster: string): string {
  return `eks-upgrade/${cluster}-`;
}

export function isUpgradeBranch(cluster: string, branch: string): boolean {
  const prefix = upgradeBranches(cluster);
  return branch.startsWith(prefix) && /^\d+\.\d+$/.test(branch.slice(prefix.length));
}

type Hoster = { host: RegExp; path: (branch: string) => string };

/** Where each shows a branch, for its own address and for those that companies give it. */
const HOSTERS: readonly Hoster[] = [
  { host: /^github\.|(?:^|\.)github\.com$/, path: (branch) => `/tree/${branch}` },
  { host: /^gitlab\.|(?:^|\.)gitlab\.com$/, path: (branch) => `/-/tree/${branch}` },
  { host: /^bitbucket\.org$/, path: (branch) => `/src/${branch}` },
];

/** The page of a branch, from what git clones: `git@github.com:org/clusters.git`. null: the host is not known. */
export function branchLink(remote: string, branch: string): string | null {
  const [, host = '', path = ''] =
    /^(?:ssh:\/\/|https:\/\/)(?:[\w.+-]+@)?([\w.-]+)(?::\d+)?\/(.+?)(?:\.git)?\/?$/.exec(remote) ??
    /^[\w.+-]+@([\w.-]+):(.+?)(?:\.git)?\/?$/.exec(remote) ??
    [];
  const hoster = HOSTERS.find((known) => known.host.test(host));
  if (hoster === undefined || !/^[\w./~+-]+$/.test(path)) return null;
  return `https://${host}/${path.replace(/^\/+/, '')}${hoster.path(branch)}`;
}
