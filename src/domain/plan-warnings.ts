import type { AddonGap } from './addon-actions.ts';
import { addonSettingsWarnings, cniWarnings, isCniGap } from './addon-notes.ts';
import { groupWarnings } from './group-warnings.ts';
import type { Activity } from './observation.ts';
import type { PlanNote } from './plan.ts';
import type { PlanDraft } from './plan-draft.ts';
import { removalsIn } from './removals.ts';
import { mappingWarnings } from './self-mapping.ts';
import { minorOf, parseVersion } from './version.ts';

/** What the approver must read: what it is, what it means for users, what to do. */
export function planWarnings(draft: PlanDraft): PlanNote[] {
  return [
    ...mappingWarnings(draft.request.observation.mapping),
    ...activityWarnings(draft),
    ...skewWarnings(draft),
    ...groupWarnings(draft),
    ...addonWarnings(draft),
    ...addonSettingsWarnings(draft),
    ...cniWarnings(draft),
    ...clusterWarnings(draft),
    ...configWarnings(draft),
  ];
}

function activityWarnings({ request: { observation }, rotations, managedUpdates }: PlanDraft): PlanNote[] {
  const { total, byNamespace } = observation.activity;
  if (total === 0) return [];
  const spread = Object.entries(byNamespace)
    .map(([namespace, count]) => `${namespace}: ${count}`)
    .join(', ');
  const inUse = `The cluster is in use: ${total === 1 ? '1 pod' : `${total} pods`} of users now (${spread}).`;
  const meaning =
    rotations.length + managedUpdates.length === 0
      ? 'No node group is replaced, so they keep running; starting new ones may fail for some minutes while the API server changes.'
      : `${whereThey(observation.activity)}Those on a node group that is replaced are stopped, and approving this plan takes that on for as many as are there now. They are counted again right before, and with more of them the run waits for a person. Better: announce the maintenance, or wait until they have left.`;
  return [{ id: 'activity', text: `${inUse} ${meaning}` }];
}

/** `They are on nb-small (3); 1 waits for a node. ` */
function whereThey({ byGroup = {}, unplaced = 0 }: Activity): string {
  const groups = Object.entries(byGroup).map(([group, count]) => `${group} (${count})`);
  const parts = [
    ...(groups.length === 0 ? [] : [`they are on ${groups.join(', ')}`]),
    ...(unplaced === 0 ? [] : [`${unplaced} ${unplaced === 1 ? 'waits' : 'wait'} for a node`]),
  ];
  const text = parts.join('; ');
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}. `;
}

function skewWarnings({ skew, rotations, request }: PlanDraft): PlanNote[] {
  if (skew !== 'runbook') return [];
  const ahead = rotations
    .filter(({ at, goal }) => minorOf(goal) > minorOf(at))
    .map(({ at, goal }) => `nodes at ${goal} while the control plane is at ${at}`);
  const text = `Nodes run ahead of the control plane, which is not supported by Kubernetes: ${ahead.join(', ')}. It saves a rotation, so users are disturbed once less; until the control plane has caught up, pods may fail in ways nobody has tested. To avoid it, reject this plan and set skewPolicy: supported for ${request.observation.cluster.name} in the fleet file.`;
  return [{ id: 'nodes-ahead', text }];
}

function addonWarnings({ addons, hops }: PlanDraft): PlanNote[] {
  const byEksctl = addons.at.filter(({ addons: actions }) => actions.some(({ kind }) => kind === 'eksctl'));
  const names = [
    ...new Set(
      byEksctl.flatMap(({ addons: actions }) =>
        actions.filter(({ kind }) => kind === 'eksctl').map(({ name }) => name),
      ),
    ),
  ];
  const notes: PlanNote[] = [];
  if (names.includes('kube-proxy') && byEksctl.some(({ version }) => minorOf(version) < 23)) {
    const text =
      'The image of kube-proxy may fail to be pulled below Kubernetes 1.23. Its old pods keep running, users notice nothing, and it recovers with 1.23: nothing to do.';
    notes.push({ id: 'kube-proxy-image-below-1.23', text });
  }
  for (const [name, gaps] of byName(addons.incompatible.filter((gap) => !isCniGap(gap)))) {
    const where = gaps.map(({ current, version }) => `${current} for Kubernetes ${version}`).join(', nor ');
    const hop = gaps.length === 1 ? 'that hop' : 'those hops';
    const text = `EKS does not list ${name} ${where}, and offers no newer version that fits before and after ${hop}. Between the control plane and the add-ons step it may not work as it should; it is updated right after the hop.`;
    notes.push({ id: `add-on-incompatible:${name}`, text });
  }
  for (const { name, current, version } of addons.jumps) {
    const text = `${name} moves one minor at a time as an EKS add-on, but from ${current} EKS offers no version of every minor on the way for Kubernetes ${version}. EKS may refuse the update; then update ${name} by hand through the missing minor, and press Retry.`;
    notes.push({ id: `add-on-skips-a-minor:${name}`, text });
  }
  return [...notes, ...notOffered(addons.at, hops.length > 0)];
}

function byName(gaps: readonly AddonGap[]): Map<string, AddonGap[]> {
  const named = new Map<string, AddonGap[]>();
  for (const gap of gaps) named.set(gap.name, [...(named.get(gap.name) ?? []), gap]);
  return named;
}

function notOffered(steps: PlanDraft['addons']['at'], hopping: boolean): PlanNote[] {
  const names = new Set(
    steps.flatMap(({ addons }) =>
      addons.filter((action) => action.kind === 'skip' && action.why === 'not-offered').map(({ name }) => name),
    ),
  );
  return [...names].map((name) => {
    const when = hopping ? 'for a version on the way' : 'for the version of the control plane';
    const text = `EKS offers no version of the add-on ${name} ${when}: it stays as it is, and may stop working. See what its vendor says about the target version before you approve.`;
    return { id: `add-on-not-offered:${name}`, text };
  });
}

function clusterWarnings({ request: { observation }, to, hops }: PlanDraft): PlanNote[] {
  const { name, healthIssues } = observation.cluster;
  const notes: PlanNote[] = [];
  if (healthIssues.length > 0) {
    const text = `EKS reports health issues of ${name}: ${healthIssues.join('; ')}. They may make the upgrade fail half-way. Repair them before you approve.`;
    notes.push({ id: 'cluster-health', text });
  }
  const target = observation.offeredVersions.find(({ version }) => version === to);
  if (target?.support === 'extended') {
    const until = target.extendedSupportEnds === null ? '' : ` until ${target.extendedSupportEnds.slice(0, 10)}`;
    const text = `${to} is in extended support${until}: the cluster's control plane costs $0.60 an hour instead of $0.10. Users notice nothing. Plan the next upgrade soon.`;
    notes.push({ id: 'extended-support', text });
  }
  const removals = removalsIn(hops);
  if (removals.length > 0) {
    const list = removals.map(({ version, what }) => `${version} – ${what}`).join('; ');
    const text = `Things stop working in the versions on the way: ${list}. Workloads that still use them break for their users. Check charts and manifests (EKS upgrade insights list what was called in the last 30 days) before you approve.`;
    notes.push({ id: 'removals', text });
  }
  return notes;
}

function configWarnings({ request: { observation } }: PlanDraft): PlanNote[] {
  const { cluster, config } = observation;
  if (parseVersion(config.version) === undefined || config.version === cluster.version) return [];
  const text = `The config says version ${config.version}, but the control plane is at ${cluster.version}: an earlier change was not committed, or somebody upgraded by hand. Users notice nothing, and commands of this run get the right version; the commit at the end sets the config right.`;
  return [{ id: 'config-version-differs', text }];
}
