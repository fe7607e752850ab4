import type { ObservedNodeGroup } from './observation.ts';
import type { KubernetesVersion } from './version.ts';

/** How far a node group is from existing at a version, as seen from outside. */
export type GroupProof =
  | { kind: 'missing' }
  | { kind: 'in-progress'; status: string }
  | { kind: 'failed'; status: string }
  | { kind: 'wrong-version'; version: string }
  | { kind: 'nodes-missing'; ready: number; wanted: number }
  | { kind: 'proven'; evidence: string };

const COMPLETE = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'ACTIVE'];

/**
 * A group exists at a version when its stack is complete, all its nodes are Ready there, as many as it wants, and, when
 * it wants none, its launch template's AMI is of that version. A custom AMI cannot be read: said in the evidence.
 */
export function proveGroup(group: ObservedNodeGroup | undefined, version: KubernetesVersion): GroupProof {
  if (group === undefined) return { kind: 'missing' };
  if (/_IN_PROGRESS$/.test(group.status) || ['CREATING', 'UPDATING', 'DELETING'].includes(group.status)) {
    return { kind: 'in-progress', status: group.status };
  }
  if (!COMPLETE.includes(group.status)) return { kind: 'failed', status: group.status };
  const { version: seen } = group;
  if (seen.kind !== 'could-not-check' && seen.version !== version)
    return { kind: 'wrong-version', version: seen.version };
  const ready = group.nodes.filter((node) => node.ready).length;
  const wanted = group.sizes?.desired ?? 0;
  if (ready < Math.max(wanted, group.nodes.length))
    return { kind: 'nodes-missing', ready, wanted: Math.max(wanted, group.nodes.length) };
  return { kind: 'proven', evidence: evidenceOf(group, version) };
}

function evidenceOf({ name, nodes, version }: ObservedNodeGroup, target: KubernetesVersion): string {
  if (nodes.length > 0) return `${name}: ${nodes.map((node) => node.name).join(', ')} Ready at ${target}`;
  if (version.kind === 'ami') return `${name}: no nodes wanted, AMI ${version.amiName}`;
  return version.kind === 'could-not-check'
    ? `${name}: no nodes wanted, version not checked (${version.why})`
    : `${name}: no nodes wanted, at ${target}`;
}
