import type { Effect } from '#test/simulators/cloud/effects.ts';

/**
 * One line an effect, with no ids in it; null for bookkeeping (who may join, the role of a group, which node takes new
 * servers) and for pods that move.
 */
export function describeEffect(effect: Effect): string | null {
  const detail = (name: string): string => String(effect[name]);
  switch (effect.effect) {
    case 'control-plane-update-started':
      return `control plane ${detail('from')} → ${detail('to')}`;
    case 'stack-create-started':
      return `create ${groupOf(detail('stack'))}`;
    case 'stack-delete-started':
      return `delete ${groupOf(detail('stack'))}`;
    case 'node-group-update-started':
      return `update ${detail('nodeGroup')} to ${detail('to')}`;
    case 'addon-update-started':
      return `add-on ${detail('addon')}`;
    case 'object-changed':
      return workload(detail('path'));
    // A group that is proven by a node has one for some minutes.
    case 'desired-capacity-set':
    case 'instance-terminated':
    case 'access-entry-created':
    case 'access-entry-deleted':
    case 'access-policy-associated':
    case 'node-tainted':
    case 'node-untainted':
    case 'node-cordoned':
    case 'node-uncordoned':
    case 'pod-evicted':
      return null;
    default:
      return effect.effect;
  }
}

function groupOf(stack: string): string {
  return stack.replace(/^eksctl-.+-nodegroup-/, '');
}

function workload(path: string): string | null {
  const [, name] = /\/(?:daemonsets|deployments)\/([^/]+)$/.exec(path) ?? [];
  return name === undefined ? null : `change ${name}`;
}
