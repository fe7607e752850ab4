import { randomUUID } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { minorOf, versionOfMinor } from '#src/domain/version.ts';
import { isObject, objectAt, textAt, textsAt } from '../json.ts';
import type { Fault } from '../options.ts';
import { factsOf } from '../versions.ts';
import { AWS_AUTH_PATH, roleOfSession, withoutPath } from './access.ts';
import { launchMissing } from './auto-scaling.ts';
import { writeAwsAuth } from './aws-auth.ts';
import { clusterVersion, HOURS, updateInFlight } from './control-plane.ts';
import { makeGroupByHand } from './group-by-hand.ts';
import { groupNameOf } from './groups.ts';
import { pathOfWorkload } from './hub-workloads.ts';
import { CORE_WORKLOADS, containersOf } from './kube-system.ts';
import { putObject } from './objects.ts';
import { attachPolicy, detachAll, rolesOf } from './role-policies.ts';
import { deleteStack, liveStacks } from './stacks.ts';
import type { Cluster, KubeObject, World } from './world.ts';

/** Switches a fault on or off; some of them change the world at once. */
export function switchFault(world: World, cluster: Cluster, fault: Fault, on: boolean): void {
  if (on) world.faults.set({ ...fault, cluster: cluster.name });
  else world.faults.clear(cluster.name, fault.name);
  if (on) beginFault(world, cluster, fault);
  else endFault(world, cluster, fault);
}

/** What a fault changes in the world at once; each can be switched on at any moment, also where it changes nothing. */
export function beginFault(world: World, cluster: Cluster, { name, nodeGroup, workload }: Fault): void {
  if (name === 'no-access') unmapPrincipals(world, cluster);
  if (name === 'update-by-someone-else') startForeignUpdate(world, cluster);
  if (name === 'stack-deleted-by-hand') deleteStackByHand(world, cluster, nodeGroup);
  if (name === 'workload-deleted-by-hand') deleteWorkloadByHand(world, cluster, workload ?? 'prod/hub');
  if (name === 'expired-credentials') cluster.expiredKeys = new Set(world.principals.map((known) => known.accessKeyId));
  if (name === 'add-on-settings-changed') changeAddonSettings(world, cluster);
  if (name === 'policy-attached-by-hand') attachByHand(world, cluster, nodeGroup);
  if (name === 'group-by-hand') makeGroupByHand(world, cluster);
  if (name === 'new-certificate-authority') cluster.renewCertificate();
}

/** Nodes that could not become Ready can now; managed groups are well again; an update of the control plane is over. */
function endFault(world: World, cluster: Cluster, { name }: Fault): void {
  if (name === 'policy-attached-by-hand') detachAll(world, cluster);
  if (name === 'nodes-never-ready') for (const instance of cluster.instances) instance.unwell = false;
  if (name === 'update-takes-hours') endUpdates(world, cluster);
  if (name === 'no-capacity') launchMissing(world, cluster);
  if (name === 'no-capacity') for (const group of cluster.managedGroups) group.issues = [];
}

/** Somebody sets a domain, four replicas and the prefix mode in self-managed or EKS add-ons with kubectl. */
function changeAddonSettings(world: World, cluster: Cluster): void {
  const now = world.clock.now();
  const change = (path: string, edit: (object: KubeObject) => void): void => {
    const object = structuredClone(cluster.objects.get(path));
    if (object === undefined) return;
    edit(object);
    putObject(cluster, path, object, now);
  };
  change('/api/v1/namespaces/kube-system/configmaps/coredns', (object) => {
    const { Corefile = '' } = textsAt(object, 'data');
    object['data'] = { Corefile: `${Corefile}corp.example:53 {\n    forward . 10.0.0.2\n}\n` };
  });
  change(CORE_WORKLOADS.coredns, (object) => {
    object['spec'] = { ...objectAt(object, 'spec'), replicas: 4 };
  });
  change(CORE_WORKLOADS['vpc-cni'], (object) => {
    const env = containersOf(object)[0]?.['env'];
    const setting = (Array.isArray(env) ? env : []).find((each) => textAt(each, 'name') === 'ENABLE_PREFIX_DELEGATION');
    if (isObject(setting)) setting['value'] = 'true';
  });
}

const SOMEBODY = 'somebody-else';

/** Somebody in the console deletes the stack of a node group. */
function deleteStackByHand(world: World, cluster: Cluster, nodeGroup: string | undefined): void {
  const now = world.clock.now();
  const stack = liveStacks(cluster, now).findLast((candidate) => {
    const name = groupNameOf(candidate);
    return name !== null && (nodeGroup === undefined || name === nodeGroup);
  });
  const actor = { caller: 'other' as const, principal: `arn:aws:iam::${cluster.account}:user/${SOMEBODY}` };
  if (stack !== undefined) deleteStack(world, cluster, { stack, actor });
}

/** Its owner takes a workload away, for good. */
function deleteWorkloadByHand(world: World, cluster: Cluster, workload: string): void {
  const path = pathOfWorkload(cluster, workload);
  if (path === undefined || !cluster.objects.delete(path)) return;
  world.log.record({
    effect: 'object-deleted',
    cluster: cluster.name,
    caller: 'other',
    principal: `arn:aws:iam::${cluster.account}:user/${SOMEBODY}`,
    path,
  });
}

/** Somebody in the console gives the nodes a right that they miss. */
function attachByHand(world: World, cluster: Cluster, nodeGroup: string | undefined): void {
  const [name, arn] = ['AmazonS3ReadOnlyAccess', 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'];
  // One moment for all: a stack may go between two.
  const now = world.clock.now();
  for (const stack of liveStacks(cluster, now)) {
    const group = groupNameOf(stack);
    if (group === null || (nodeGroup !== undefined && group !== nodeGroup)) continue;
    for (const role of rolesOf(stack)) attachPolicy(cluster, { role, name, arn }, now);
  }
}

/** Takes every known principal out of aws-auth and of the access entries; node roles stay. */
function unmapPrincipals(world: World, cluster: Cluster): void {
  const now = world.clock.now();
  const known = [...world.principals.map(({ arn }) => roleOfSession(arn)), ...world.assumableRoles];
  const principals = new Set([...known, ...known.map(withoutPath)]);
  const data = textsAt(cluster.objects.get(AWS_AUTH_PATH), 'data');
  const without = (text: string | undefined, field: string): string => {
    const parsed: unknown = parse(text ?? '[]');
    return stringify(
      (Array.isArray(parsed) ? parsed : []).filter(
        (entry) => !isObject(entry) || !principals.has(textAt(entry, field) ?? ''),
      ),
    );
  };
  if (cluster.authenticationMode !== 'API') {
    writeAwsAuth(
      cluster,
      { ...data, mapRoles: without(data['mapRoles'], 'rolearn'), mapUsers: without(data['mapUsers'], 'userarn') },
      now,
    );
  }
  for (const entry of cluster.accessEntries)
    if (principals.has(entry.principalArn) && entry.deletedAt === null) entry.deletedAt = now;
}

function endUpdates(world: World, cluster: Cluster): void {
  const now = world.clock.now();
  for (const update of cluster.updates)
    if (update.target.kind === 'cluster' && update.endsAt > now) update.endsAt = now;
}

/** Somebody in the console: an update to the next minor that the bot did not start. */
function startForeignUpdate(world: World, cluster: Cluster): void {
  const now = world.clock.now();
  const version = versionOfMinor(minorOf(clusterVersion(cluster, now)) + 1);
  // EKS would refuse: there is no newer version, or an update is in flight.
  if (factsOf(version) === undefined || updateInFlight(cluster, now, 'cluster') !== undefined) return;
  const update = {
    id: randomUUID(),
    type: 'VersionUpdate' as const,
    target: { kind: 'cluster' as const },
    version,
    params: [{ type: 'Version', value: version }],
    token: null,
    createdAt: now,
    endsAt:
      now + (world.faults.strikes(cluster.name, 'update-takes-hours') ? HOURS : world.durations.controlPlaneUpdate),
    outcome: 'Successful' as const,
    errors: [],
  };
  cluster.updates.push(update);
  world.log.record({
    effect: 'control-plane-update-started',
    cluster: cluster.name,
    caller: 'other',
    principal: `arn:aws:iam::${cluster.account}:user/${SOMEBODY}`,
    updateId: update.id,
    to: version,
  });
}
