import { isCoreGroup } from './core-groups.ts';
import type { ConfigNodeGroup, Observation, ObservedNodeGroup } from './observation.ts';
import type { KubernetesVersion } from './version.ts';

/** The node groups of AWS laid beside those of the config, by name. */
export type GroupSurvey = {
  /** In both, in the config's order: the groups a run works on. */
  ours: OurGroup[];
  /** In the config only. A run does not create them. */
  missing: ConfigNodeGroup[];
  /** In AWS only. A run never touches them. */
  strays: ObservedNodeGroup[];
  /** In both, but managed in one and self-managed in the other. */
  otherKind: ConfigNodeGroup[];
};

export type OurGroup = {
  name: string;
  kind: 'self-managed' | 'managed';
  core: boolean;
  /** null: could not be checked. */
  version: KubernetesVersion | null;
  live: ObservedNodeGroup;
  config: ConfigNodeGroup;
};

export function surveyGroups({ config, nodeGroups }: Observation, coreGroups: readonly string[]): GroupSurvey {
  const live = new Map(nodeGroups.map((group) => [group.name, group]));
  const configured = new Set(config.nodeGroups.map(({ name }) => name));
  return {
    ours: config.nodeGroups.flatMap((group): OurGroup[] => {
      const found = live.get(group.name);
      if (found === undefined || found.kind !== group.kind) return [];
      const core = isCoreGroup(group.name, coreGroups);
      return [{ name: group.name, kind: group.kind, core, version: versionOfGroup(found), live: found, config: group }];
    }),
    missing: config.nodeGroups.filter(({ name }) => !live.has(name)),
    strays: nodeGroups.filter(({ name }) => !configured.has(name)),
    otherKind: config.nodeGroups.filter(({ name, kind }) => live.has(name) && live.get(name)?.kind !== kind),
  };
}

export function versionOfGroup({ version }: ObservedNodeGroup): KubernetesVersion | null {
  return version.kind === 'could-not-check' ? null : version.version;
}

/** Whether a group's stack (self-managed) or node group (managed) is at rest and usable. */
export function isSettled({ kind, status }: ObservedNodeGroup): boolean {
  return kind === 'managed' ? SETTLED_MANAGED.includes(status) : SETTLED_STACKS.includes(status);
}

/** A degraded group can be updated; EKS says what is wrong with it in its health issues. */
const SETTLED_MANAGED: readonly string[] = ['ACTIVE', 'DEGRADED'];

const SETTLED_STACKS: readonly string[] = [
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
];
