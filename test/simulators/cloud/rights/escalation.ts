import { mayInKubernetes } from '../authorize.ts';
import { type Json, listAt, textAt } from '../json.ts';
import { StatusError } from '../kubernetes/status.ts';
import type { KubernetesIdentity } from '../world/access.ts';
import type { World } from '../world/world.ts';
import type { KubernetesWish } from './rbac.ts';

/**
 * Nobody hands on by RBAC what he does not have, unless he may `escalate` the role or `bind` to it. Here nobody is taken to
 * have it: whoever writes a role needs the verb. Words of kubernetes/pkg/registry/rbac/escalation_check.go and
 * validation/rule.go. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
export function refuseEscalation(
  world: World,
  identity: KubernetesIdentity,
  { action, body }: { action: KubernetesWish; body: Json | undefined },
): void {
  const isWrite = ['create', 'update', 'patch'].includes(action.verb);
  if (!isWrite || action.group !== 'rbac.authorization.k8s.io' || identity.groups.includes('system:masters')) return;
  const isBinding = action.resource.endsWith('bindings');
  const role = isBinding ? textAt(body, 'roleRef', 'name') : textAt(body, 'metadata', 'name');
  const needed = {
    ...action,
    verb: isBinding ? 'bind' : 'escalate',
    resource: 'clusterroles',
    name: role ?? action.name,
  };
  if (mayInKubernetes(world, identity, needed)) return;
  const groups = identity.groups.map((group) => `"${group}"`).join(' ');
  const rules = listAt(body, 'rules').map((rule) => JSON.stringify(rule));
  throw new StatusError(
    403,
    'Forbidden',
    `${action.resource}.${action.group} "${action.name ?? role}" is forbidden: user "${identity.username}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${rules.join('\n')}`,
  );
}
