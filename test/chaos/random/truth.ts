import type { Effect } from '../../simulators/cloud/effects.ts';
import type { ClusterSnapshot } from '../../simulators/cloud/options.ts';
import type { Claim } from './claims.ts';

/** What is known from outside, to hold claims against. */
export type Facts = {
  /** Before anything happened. */
  before: ClusterSnapshot;
  /** All states of the cluster between what the notice speaks of and when it was read: one of them must fit each claim. */
  during: ClusterSnapshot[];
  /** The cloud's log about this cluster so far. */
  effects: Effect[];
  /** Whether the run's branch on the remote holds the config at the target. */
  isInGit: boolean;
};

/** Every claim that is true of no moment, and everything bad that a notice about the cluster's state keeps silent about. */
export function untruths(claims: Claim[], facts: Facts): string[] {
  if (claims.some(({ kind }) => kind === 'not-looked-at')) return [];
  return [...claims.flatMap((claim) => falseAt(claim, facts)), ...silences(claims, facts)];
}

function falseAt(claim: Claim, facts: Facts): string[] {
  const objections = facts.during.map((snapshot) => objection(claim, snapshot, facts));
  return objections.every((one) => one !== null) ? [objections.at(-1) ?? ''] : [];
}

/** Why the claim is false of this state; null: it is true. */
function objection(claim: Claim, now: ClusterSnapshot, { before, effects, isInGit }: Facts): string | null {
  switch (claim.kind) {
    case 'control-plane':
      return claim.oneOf.includes(now.version)
        ? null
        : `says that the control plane is at ${claim.oneOf.join(' or ')}; it is at ${now.version}`;
    case 'nothing-changed': {
      const ours = effects.find(({ caller }) => caller !== 'other');
      return ours === undefined ? null : `says that nothing was changed; the cloud's log has ${ours.effect}`;
    }
    case 'groups-gone': {
      const there = claim.groups.filter((name) => isThere(now, name));
      return there.length === 0 ? null : `says that ${there.join(', ')} is not there; it is`;
    }
    case 'groups-uncertain':
    case 'not-looked-at':
      return null;
    case 'no-group-missing': {
      const missing = missingGroups(before, now);
      return missing.length === 0 ? null : `says that no node group is missing; ${missing.join(', ')} is`;
    }
    case 'old-core-is-there':
      return coreOf(before).every((name) => isThere(now, name))
        ? null
        : 'says that the old core group is still there; it is not';
    case 'groups-at': {
      const counts = countBy(now.nodeGroups.map(({ version }) => version ?? 'unknown'));
      return equal(counts, claim.counts)
        ? null
        : `says node groups ${JSON.stringify(claim.counts)}; there are ${JSON.stringify(counts)}`;
    }
    case 'new-groups':
      return sameNames(claim.groups, namesOf(now), namesOf(before))
        ? null
        : `says that ${claim.groups.join(', ')} is new; there are ${namesOf(now).join(', ')}`;
    case 'gone-groups':
      return sameNames(claim.groups, namesOf(before), namesOf(now))
        ? null
        : `says that ${claim.groups.join(', ')} is gone; there are ${namesOf(now).join(', ')}`;
    case 'add-on': {
      const addon = now.addons.find(({ name }) => name === claim.name);
      return addon?.detail === claim.version
        ? null
        : `says that ${claim.name} is at ${claim.version}; it is at ${addon?.detail ?? 'nothing'}`;
    }
    case 'config-in-git':
      return isInGit ? null : 'says that the changed config is in git; it is not';
    case 'config-not-in-git':
      return isInGit ? 'says that the changed config is not in git; it is' : null;
    default:
      return claim satisfies never;
  }
}

/** People must be told of every group that is away, and where the control plane is. */
function silences(claims: Claim[], { before, during }: Facts): string[] {
  if (claims.some(({ kind }) => kind === 'nothing-changed' || kind === 'groups-at')) return [];
  const told = new Set(
    claims.flatMap((claim) => (claim.kind === 'groups-gone' || claim.kind === 'groups-uncertain' ? claim.groups : [])),
  );
  const untold = during.map((now) => missingGroups(before, now).filter((name) => !told.has(name)));
  return [
    ...(claims.some(({ kind }) => kind === 'control-plane') ? [] : ['says nothing about the control plane']),
    ...(untold.every((names) => names.length > 0)
      ? [`does not say that ${untold.at(-1)?.join(', ')} may be missing`]
      : []),
  ];
}

/** Groups of the beginning that nobody can use now. A core group may have got its next name. */
function missingGroups(before: ClusterSnapshot, now: ClusterSnapshot): string[] {
  const isCoreThere = now.nodeGroups.some(({ name }) => isCore(name) && isThere(now, name));
  return namesOf(before).filter((name) => !(isThere(now, name) || (isCore(name) && isCoreThere)));
}

function isThere({ nodeGroups }: ClusterSnapshot, name: string): boolean {
  return nodeGroups.some((group) => group.name === name && /^(?:CREATE|UPDATE)_COMPLETE$/.test(group.stackStatus));
}

export function isCore(name: string): boolean {
  return /^core/.test(name);
}

function coreOf(snapshot: ClusterSnapshot): string[] {
  return namesOf(snapshot).filter(isCore);
}

function namesOf({ nodeGroups }: ClusterSnapshot): string[] {
  return nodeGroups.map(({ name }) => name);
}

/** Whether `claimed` is what `some` has and `others` lacks. */
function sameNames(claimed: string[], some: string[], others: string[]): boolean {
  const real = some.filter((name) => !others.includes(name));
  return claimed.toSorted().join() === real.toSorted().join();
}

function countBy(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function equal(some: Record<string, number>, others: Record<string, number>): boolean {
  const names = new Set([...Object.keys(some), ...Object.keys(others)]);
  return [...names].every((name) => some[name] === others[name]);
}
