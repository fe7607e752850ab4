import type { Run } from './run.ts';
import type { KubernetesVersion } from './version.ts';

/** A look at the cluster, for people who have to decide or take over. `at`: run time. */
export type ClusterSight = { at: number } /** `status`: EKS's, e.g. ACTIVE or UPDATING. */ & (
  | { kind: 'seen'; version: KubernetesVersion; status: string; groups: SeenGroup[] }
  | { kind: 'could-not-look'; why: string }
);

/** `status`: CloudFormation's or, of a managed group, EKS's. `isWhole`: it is neither half made nor half deleted. */
export type SeenGroup = { name: string; status: string; isWhole: boolean };

/**
 * What people are told about a cluster at a stop or an abort comes from a look at it then, not only from our own steps:
 * others change clusters too. The moment it must not be older than: the stop, what ended after it, or the abort; null when
 * nobody is being told.
 */
function momentToSee({ state, startedAt, stops, steps }: Run): number | null {
  if (startedAt === null) return null;
  if (state.kind === 'aborted') return state.decision.at;
  const stop = stops.at(-1);
  if (stop?.resolution.kind !== 'open') return null;
  const ends = Object.values(steps).flatMap((progress) => (progress.kind === 'started' ? [] : [progress.at]));
  return Math.max(stop.at, ...ends);
}

/** Somebody has to look at the cluster before people are told how it stands. */
export function isSightWanted(run: Run): boolean {
  const moment = momentToSee(run);
  return moment !== null && (run.sight === null || run.sight.at < moment);
}

/** How the cluster was found at the stop or abort that people are told of; null: nobody has looked since. */
export function currentSight(run: Run): ClusterSight | null {
  return momentToSee(run) === null || isSightWanted(run) ? null : run.sight;
}
