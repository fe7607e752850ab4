import { addonSettingsRefusals, cniRefusals } from './addon-notes.ts';
import { groupRefusals } from './group-refusals.ts';
import type { UnmergedBranch } from './observation.ts';
import type { PlanNote } from './plan.ts';
import type { PlanDraft } from './plan-draft.ts';
import { type KubernetesVersion, minorsBetween, parseVersion } from './version.ts';

/** Why a plan may not run. Each names what is wrong, with the value, and the way out. */
export function planRefusals(draft: PlanDraft): PlanNote[] {
  return [
    ...targetRefusals(draft),
    ...clusterRefusals(draft),
    ...configRefusals(draft),
    ...groupRefusals(draft),
    ...addonSettingsRefusals(draft),
    ...cniRefusals(draft),
  ];
}

export function targetRefusals({ request: { observation, policy }, from, to, hops }: PlanDraft): PlanNote[] {
  const cluster = observation.cluster.name;
  const offered = observation.offeredVersions.map(({ version }) => version);
  const possible = `Possible for ${cluster}: ${listOr(targetsAbove(from, offered), 'none')}.`;
  const refusals: PlanNote[] = [];
  if (minorsBetween(from, to) < 0) {
    const text = `${to} is not an upgrade: the control plane of ${cluster} is at ${from}, and this bot never goes back. ${possible}`;
    refusals.push({ id: 'not-an-upgrade', text });
  }
  // A cluster that is at the target already is there, whatever EKS still offers.
  const missing = hops.filter((hop) => !offered.includes(hop));
  if (missing.includes(to)) {
    refusals.push({ id: 'version-not-offered', text: `EKS does not offer Kubernetes ${to}. ${possible}` });
  } else if (missing[0] !== undefined) {
    const text = `The way from ${from} to ${to} leads through ${missing.join(' and ')}, which EKS does not offer any more, and no minor can be left out. Create a new cluster and move the workloads, or ask AWS support.`;
    refusals.push({ id: `hop-not-offered:${missing.join(',')}`, text });
  }
  if (policy.skew === 'runbook' && (policy.allowedSkew ?? policy.skew) !== 'runbook') {
    const text = `The skew policy "runbook" (nodes ahead of the control plane) is not allowed for ${cluster}. Ask for "supported", or allow it with skewPolicy: runbook in the fleet file.`;
    refusals.push({ id: 'runbook-skew-not-allowed', text });
  }
  return refusals;
}

/** What EKS offers above a version without a gap, oldest first. */
function targetsAbove(from: KubernetesVersion, offered: readonly KubernetesVersion[]): KubernetesVersion[] {
  return offered
    .filter((version) => minorsBetween(from, version) > 0)
    .sort((a, b) => minorsBetween(b, a))
    .filter((version, index) => minorsBetween(from, version) === index + 1);
}

export function clusterRefusals({ request: { observation } }: PlanDraft): PlanNote[] {
  const { name, status } = observation.cluster;
  if (status === 'ACTIVE') return [];
  if (status === 'UPDATING') {
    const text = `${name} is being updated right now (EKS status UPDATING), by somebody or something else. Wait until the status is ACTIVE, then ask again.`;
    return [{ id: 'update-in-flight', text }];
  }
  const text = `${name} has the EKS status ${status}, and only an ACTIVE cluster can be upgraded. See the cluster's health in the EKS console, repair it, then ask again.`;
  return [{ id: 'cluster-not-active', text }];
}

function configRefusals({ request: { observation } }: PlanDraft): PlanNote[] {
  const { cluster, config } = observation;
  const refusals: PlanNote[] = [];
  if (config.clusterName !== cluster.name) {
    const text = `The config ${config.path} is for the cluster "${config.clusterName}", not for ${cluster.name}. Correct the config's path in the fleet file, or metadata.name in the config.`;
    refusals.push({ id: 'config-other-cluster', text });
  }
  if (config.region !== cluster.region) {
    const text = `The config ${config.path} says region "${config.region}", but ${cluster.name} is in ${cluster.region}. Correct metadata.region in the config, or the cluster's region in the fleet file.`;
    refusals.push({ id: 'config-other-region', text });
  }
  if (parseVersion(config.version) === undefined) {
    const text = `The config ${config.path} says metadata.version "${config.version}", which is not a Kubernetes version 1.N; eksctl takes an empty one or "auto" as "one minor more on every run". Write what runs now, "${cluster.version}", then ask again.`;
    refusals.push({ id: 'config-version-unusable', text });
  }
  return [...refusals, ...(config.unmerged ?? []).map((branch) => unmergedRefusal(branch, config.version))];
}

/** The next upgrade would begin at a config that does not say what the last one left. */
function unmergedRefusal({ branch, remote, into, version }: UnmergedBranch, known: string): PlanNote {
  const differs =
    version === null ? 'does not evaluate' : `says ${version}${version === known ? ' and other node groups' : ''}`;
  const merge = `git fetch ${remote} ${branch} && git checkout ${into} && git merge FETCH_HEAD && git push ${remote} ${into}`;
  const text = `The config of an earlier upgrade is not merged: the branch ${branch} ${differs}, and ${into} says ${known}. Review and merge it (${merge}), or delete it if ${into} is right (git push ${remote} --delete ${branch}); then ask again.`;
  return { id: `unmerged-branch:${branch}`, text };
}

function listOr(items: readonly string[], none: string): string {
  return items.length === 0 ? none : items.join(', ');
}
