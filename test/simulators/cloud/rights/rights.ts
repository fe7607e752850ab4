import type { KubernetesIdentity } from '../world/access.ts';
import { roleOfSession, withoutPath } from '../world/access.ts';
import type { Principal } from '../world/world.ts';
import type { PolicyDocument, Wish } from './policy.ts';
import { isAllowed } from './policy.ts';
import type { KubernetesWish, Rbac } from './rbac.ts';
import { mayInCluster, readRbac } from './rbac.ts';
import type { RightsName } from './shipped.ts';
import { SHIPPED, shippedPolicy, shippedText } from './shipped.ts';

/** What somebody who keeps the account changes: other policies for everybody who is no admin, other manifests. */
export type RightsChange = { policies?: PolicyDocument[]; rbac?: Rbac };

/** Rights of the simulated world, and which of them were used. */
export type Rights = {
  nameOf: (arn: string) => RightsName;
  mayInAws: (principal: Principal, wish: Wish) => boolean;
  mayInKubernetes: (identity: KubernetesIdentity, wish: KubernetesWish) => boolean;
  change: (change: RightsChange) => void;
  /** Every wish that was granted to somebody who is no admin since the last call: what the shipped files must allow. */
  takeUsed: () => UsedRights;
};

export type UsedRights = { aws: Wish[]; kubernetes: KubernetesWish[] };

/** `given`: by the ARN of a user or role; who is not in it has the rights of an upgrade. */
export function createRights(given: Record<string, RightsName>, clusters: readonly string[]): Rights {
  const shipped = {
    upgrade: SHIPPED.upgrade.policies.map((file) => shippedPolicy(file, clusters)),
    observe: SHIPPED.observe.policies.map((file) => shippedPolicy(file, clusters)),
    'self-mapping': SHIPPED['self-mapping'].policies.map((file) => shippedPolicy(file, clusters)),
  };
  let policies: PolicyDocument[] | null = null;
  let rbac: Rbac = [...new Set(Object.values(SHIPPED).map(({ rbac: file }) => file))].flatMap((file) =>
    readRbac(shippedText(file)),
  );
  let used = nothingUsed();
  const byArn = new Map(Object.entries(given).map(([arn, name]) => [withoutPath(arn), name]));
  const nameOf = (arn: string): RightsName => byArn.get(withoutPath(roleOfSession(arn))) ?? 'upgrade';
  return {
    nameOf,
    mayInAws: ({ arn }, wish) => {
      const name = nameOf(arn);
      if (name === 'admin') return true;
      const allowed = isAllowed(policies ?? shipped[name], wish);
      if (allowed) used.aws.push(wish);
      return allowed;
    },
    mayInKubernetes: ({ groups }, wish) => {
      if (groups.includes('system:masters')) return true;
      const allowed = mayInCluster(rbac, groups, wish);
      if (allowed) used.kubernetes.push(wish);
      return allowed;
    },
    change: (change) => {
      if (change.policies !== undefined) policies = change.policies;
      if (change.rbac !== undefined) rbac = change.rbac;
    },
    takeUsed: () => {
      const taken = used;
      used = nothingUsed();
      return taken;
    },
  };
}

function nothingUsed(): UsedRights {
  return { aws: [], kubernetes: [] };
}
