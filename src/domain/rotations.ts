import { isTooOldFor, newestAllowedSkew, type SkewPolicy } from './skew.ts';
import { hopsBetween, type KubernetesVersion, minorOf, minorsBetween, versionOfMinor } from './version.ts';

/**
 * When node groups change their version, by arithmetic.
 *
 * The control plane goes up minor by minor. Before a hop that would leave a group too old for the new control plane,
 * groups must rotate; each rotation disturbs users, so it is put off as long as possible, and takes along every group
 * that could not have waited until the end anyway. Whatever is not at the target then rotates once after the last hop.
 *
 * `supported` rotates to the version of the control plane. `runbook` rotates up to two minors ahead of it, and is
 * only taken when that saves a rotation: being ahead is not supported by Kubernetes. Also there the rotation comes as
 * late as possible: 1.21 → 1.24 rotates at control plane 1.23 (one minor ahead), not at 1.22 (two), for the least
 * distance and the shortest time.
 */
export type Rotation = {
  /** The control plane's version at that moment. */
  at: KubernetesVersion;
  /** The version the groups have afterwards. */
  goal: KubernetesVersion;
  groups: string[];
};

/** `version` null: could not be checked, so it rotates in any case. */
export type RotatingGroup = { name: string; version: KubernetesVersion | null };

export type RotationRequest = {
  groups: readonly RotatingGroup[];
  from: KubernetesVersion;
  to: KubernetesVersion;
  skew: SkewPolicy;
};

/** `skew` is the policy the schedule needs: `runbook` only when going ahead saves a rotation. */
export function scheduleRotations(request: RotationRequest): { skew: SkewPolicy; rotations: Rotation[] } {
  const supported = rotationsUnder('supported', request);
  if (request.skew === 'supported') return { skew: 'supported', rotations: supported };
  const ahead = rotationsUnder('runbook', request);
  return ahead.length < supported.length
    ? { skew: 'runbook', rotations: ahead }
    : { skew: 'supported', rotations: supported };
}

function rotationsUnder(skew: SkewPolicy, { groups, from, to }: RotationRequest): Rotation[] {
  let state = startState(groups, from);
  const rotations: Rotation[] = [];
  const rotate = (at: KubernetesVersion, goal: KubernetesVersion, due: readonly State[]): void => {
    if (due.length === 0) return;
    rotations.push({ at, goal, groups: due.map(({ name }) => name) });
    state = state.map((group) => (due.includes(group) ? { name: group.name, version: goal, known: true } : group));
  };
  let at = from;
  for (const hop of hopsBetween(from, to)) {
    if (state.some((group) => isTooOldFor(group.version, hop))) {
      const goal = older(to, versionOfMinor(minorOf(at) + newestAllowedSkew(skew)));
      rotate(
        at,
        goal,
        state.filter((group) => isBehind(group, goal) && (goal === to || isTooOldFor(group.version, to))),
      );
    }
    at = hop;
  }
  const rest = state.filter((group) => isBehind(group, to));
  // Nobody upgrades a cluster that is there already because of a group of which nobody knows that it is not.
  if (from !== to || rest.some(({ known }) => known)) rotate(at, to, rest);
  return rotations;
}

type State = { name: string; version: KubernetesVersion; known: boolean };

/** A group that could not be checked is taken to be as old as the oldest one that could. */
function startState(groups: readonly RotatingGroup[], from: KubernetesVersion): State[] {
  const oldest = groups.reduce((version, group) => older(version, group.version ?? version), from);
  return groups.map(({ name, version }) => ({ name, version: version ?? oldest, known: version !== null }));
}

function isBehind(group: State, goal: KubernetesVersion): boolean {
  return !group.known || minorsBetween(group.version, goal) > 0;
}

function older(a: KubernetesVersion, b: KubernetesVersion): KubernetesVersion {
  return minorOf(a) <= minorOf(b) ? a : b;
}
