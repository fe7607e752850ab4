import { randomUUID } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { minorOf, versionOfMinor } from '#src/domain/version.ts';
import { isObject, textAt, textsAt } from '../json.ts';
import type { Fault } from '../options.ts';
import { factsOf } from '../versions.ts';
import { AWS_AUTH_PATH, roleOfSession } from './access.ts';
import { writeAwsAuth } from './aws-auth.ts';
import { clusterVersion } from './control-plane.ts';
import type { Cluster, World } from './world.ts';

/** Switches a fault on or off; some of them change the world at once. */
export function switchFault(world: World, cluster: Cluster, fault: Fault, on: boolean): void {
  if (!on) {
    world.faults.clear(cluster.name, fault.name);
    return;
  }
  world.faults.set({ ...fault, cluster: cluster.name });
  if (fault.name === 'no-access') unmapPrincipals(world, cluster);
  if (fault.name === 'update-by-someone-else') startForeignUpdate(world, cluster);
}

/** Takes every known principal out of aws-auth and of the access entries; node roles stay. */
function unmapPrincipals(world: World, cluster: Cluster): void {
  const now = world.clock.now();
  const principals = new Set([...world.principals.map(({ arn }) => roleOfSession(arn)), ...world.assumableRoles]);
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

/** Somebody in the console: an update to the next minor that the bot did not start. */
function startForeignUpdate(world: World, cluster: Cluster): void {
  const now = world.clock.now();
  const version = versionOfMinor(minorOf(clusterVersion(cluster, now)) + 1);
  if (factsOf(version) === undefined)
    throw new Error(`${cluster.name} has the newest version already: nobody can update it`);
  const update = {
    id: randomUUID(),
    type: 'VersionUpdate' as const,
    target: { kind: 'cluster' as const },
    version,
    params: [{ type: 'Version', value: version }],
    token: null,
    createdAt: now,
    endsAt: now + world.durations.controlPlaneUpdate,
    outcome: 'Successful' as const,
    errors: [],
  };
  cluster.updates.push(update);
  world.log.record({
    effect: 'control-plane-update-started',
    cluster: cluster.name,
    caller: 'other',
    principal: `arn:aws:iam::${cluster.account}:user/somebody-else`,
    updateId: update.id,
    to: version,
  });
}
