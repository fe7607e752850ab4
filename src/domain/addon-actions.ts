import {
  compareAddonVersions,
  isAddonVersion,
  isOffered,
  minorOfAddon,
  newestOffered,
  stepsTo,
} from './addon-versions.ts';
import type { Observation, ObservedAddon } from './observation.ts';
import type { AddonAction, Plan } from './plan.ts';
import { imageTag } from './snapshot.ts';
import { hopsBetween, type KubernetesVersion, minorOf, minorsBetween, minorVersionOf } from './version.ts';

/** An add-ons step: what happens while the control plane is at `version`. */
export type AddonsAt = { version: KubernetesVersion; addons: AddonAction[] };

/** EKS add-ons EKS offers nothing for, where a person should know it. */
export type AddonGap = { name: string; current: string; version: KubernetesVersion };

export type AddonSchedule = {
  /** Before the first hop: add-ons whose version the first hop's control plane does not take, whoever manages them. */
  before: AddonsAt | null;
  /** One for each hop; without a hop, one for the control plane's version. */
  at: AddonsAt[];
  incompatible: AddonGap[];
  /** vpc-cni has to skip a minor because EKS offers none in between. */
  jumps: AddonGap[];
};

type EksAddon = Extract<ObservedAddon, { kind: 'eks' }>;

/** What happens to every add-on, hop by hop. An add-on never goes back; kube-proxy is the last one of a hop. */
export function scheduleAddons(observation: Observation, to: KubernetesVersion, previous: Plan | null): AddonSchedule {
  const from = observation.cluster.version;
  const hops = hopsBetween(from, to);
  const addons = inCarefulOrder(observation.addons);
  const versions = new Map(addons.filter(isEks).map(({ name, version }) => [name, version]));
  const incompatible: AddonGap[] = [];
  const jumps: AddonGap[] = [];
  const before = hops[0] === undefined ? null : beforeFirstHop({ addons, from, hop: hops[0], versions, incompatible });
  const at = (hops.length > 0 ? hops : [from]).map((version, index) => ({
    version,
    addons: addons.flatMap((addon) => {
      if (addon.kind !== 'eks') return [otherAction(addon, observation, hops.length > 0)];
      const next = hops[index + 1];
      const current = versions.get(addon.name) ?? addon.version;
      const actions = eksActions(addon, { version, next, current, previous });
      const reached = actions.findLast((action) => action.kind === 'eks')?.to ?? current;
      versions.set(addon.name, reached);
      if (jumpsAMinor(actions)) jumps.push({ name: addon.name, current: addon.version, version });
      if (next !== undefined && !takes(addon, next, reached))
        incompatible.push({ name: addon.name, current: reached, version: next });
      return actions;
    }),
  }));
  return { before, at, incompatible, jumps };
}

/** vpc-cni and coredns first, kube-proxy last: it must never be newer than the API server. */
function inCarefulOrder(addons: readonly ObservedAddon[]): ObservedAddon[] {
  const rank = (name: string): number => ({ 'vpc-cni': 0, coredns: 1, 'kube-proxy': 3 })[name] ?? 2;
  return [...addons].sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

/** An add-on that the next control plane does not take is updated before it: https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html */
function beforeFirstHop(context: {
  addons: readonly ObservedAddon[];
  from: KubernetesVersion;
  hop: KubernetesVersion;
  versions: Map<string, string>;
  incompatible: AddonGap[];
}): AddonsAt | null {
  const { from, hop, versions } = context;
  const actions = context.addons.flatMap((addon): AddonAction[] => {
    if (addon.kind !== 'eks') return isCniTooOld(addon, hop) ? [{ kind: 'eksctl', name: addon.name }] : [];
    const next = addon.offered[hop];
    if (next === undefined || takes(addon, hop, addon.version)) return [];
    const both = (addon.offered[from]?.versions ?? []).filter((version) => isOffered(next, version));
    const target = newestOffered(both);
    if (target === undefined || compareAddonVersions(target, addon.version) <= 0) {
      context.incompatible.push({ name: addon.name, current: addon.version, version: hop });
      return [];
    }
    versions.set(addon.name, target);
    return eksSteps(
      addon.name,
      stepsTo({ name: addon.name, from: addon.version, to: target, offered: addon.offered[from] }),
    );
  });
  return actions.length === 0 ? null : { version: from, addons: actions };
}

/** Whether this version of an add-on is fit for a control plane; kube-proxy has its own minor only, and follows. */
function takes({ name, offered }: EksAddon, hop: KubernetesVersion, version: string): boolean {
  const there = offered[hop];
  return name === 'kube-proxy' || there === undefined || isOffered(there, version);
}

type At = { version: KubernetesVersion; next: KubernetesVersion | undefined; current: string; previous: Plan | null };

/** The default, unless the next hop's control plane does not take it: then the newest version that both take. */
function eksActions(addon: EksAddon, { version, next, current, previous }: At): AddonAction[] {
  const offered = addon.offered[version];
  if (offered === undefined) return [{ kind: 'skip', name: addon.name, why: 'not-offered' }];
  const pins = pinsOf(previous, addon.name, version);
  const pinned = pins.at(-1);
  const fits = (candidate: string): boolean => next === undefined || takes(addon, next, candidate);
  const fitting = newestOffered(offered.versions.filter(fits));
  const keepsPin = pinned !== undefined && isOffered(offered, pinned) && (fits(pinned) || fitting === undefined);
  const wanted = keepsPin ? pinned : offered.defaultVersion;
  const reached = compareAddonVersions(wanted, current) > 0 ? wanted : current;
  const target = fits(reached) ? wanted : (fitting ?? wanted);
  if (compareAddonVersions(target, current) <= 0) return [{ kind: 'skip', name: addon.name, why: 'current' }];
  return eksSteps(addon.name, stepsTo({ name: addon.name, from: current, to: target, offered, preferred: pins }));
}

function eksSteps(name: string, versions: readonly string[]): AddonAction[] {
  return versions.slice(1).map((to, index) => ({ kind: 'eks', name, from: versions[index] ?? to, to }));
}

/** The versions a plan approved or shown before took for this add-on and hop. */
function pinsOf(previous: Plan | null, name: string, version: KubernetesVersion): string[] {
  return (previous?.steps ?? []).flatMap((step) =>
    step.phase === 'add-ons' && step.version === version
      ? step.addons.flatMap((action) => (action.kind === 'eks' && action.name === name ? [action.to] : []))
      : [],
  );
}

function otherAction(addon: Exclude<ObservedAddon, EksAddon>, observation: Observation, hopping: boolean): AddonAction {
  if (observation.cluster.autoMode) return { kind: 'skip', name: addon.name, why: 'auto-mode' };
  if (addon.kind === 'absent') return { kind: 'skip', name: addon.name, why: 'absent' };
  // Which version eksctl embeds is not known here. kube-proxy is the last one of a hop and carries the minor in its
  // tag, so a kube-proxy of the control plane's minor means that the add-ons were brought along.
  if (!hopping && !kubeProxyLags(observation)) return { kind: 'skip', name: addon.name, why: 'current' };
  return { kind: 'eksctl', name: addon.name };
}

function kubeProxyLags({ addons, cluster }: Observation): boolean {
  return addons.some((addon) => {
    if (addon.kind !== 'self-managed' || addon.name !== 'kube-proxy') return false;
    const minor = minorVersionOf(addon.image.split(':').at(-1) ?? '');
    return minor !== undefined && minorsBetween(minor, cluster.version) > 0;
  });
}

/** From 1.26 on, pods of an older CNI crash: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions-extended.html */
const OLDEST_CNI = 'v1.12.0';
const NEEDS_NEWER_CNI = 26;

/** An unreadable version is not known to be too old. */
export function isCniTooOld(addon: ObservedAddon, hop: KubernetesVersion): boolean {
  if (addon.name !== 'vpc-cni' || addon.kind === 'absent' || minorOf(hop) < NEEDS_NEWER_CNI) return false;
  const version = addon.kind === 'eks' ? addon.version : imageTag(addon.image);
  return isAddonVersion(version) && compareAddonVersions(version, OLDEST_CNI) < 0;
}

function jumpsAMinor(actions: readonly AddonAction[]): boolean {
  return actions.some(
    (action) =>
      action.kind === 'eks' && action.name === 'vpc-cni' && minorOfAddon(action.to) - minorOfAddon(action.from) > 1,
  );
}

function isEks(addon: ObservedAddon): addon is EksAddon {
  return addon.kind === 'eks';
}
