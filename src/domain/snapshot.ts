import type { Observation, ObservedAddon, ObservedNodeGroup } from './observation.ts';
import type { ClusterSnapshot } from './run.ts';

/** Versions as people read them in the finish notice and in the report. */
export function snapshotOf({
  cluster,
  nodeGroups,
  addons,
}: Pick<Observation, 'cluster' | 'nodeGroups' | 'addons'>): ClusterSnapshot {
  return {
    version: cluster.version,
    nodeGroups: nodeGroups.map((group) => ({
      name: group.name,
      kind: group.kind,
      version: groupVersionText(group),
      nodes: group.nodes.length,
    })),
    addons: addons.flatMap((addon) =>
      addon.kind === 'absent' ? [] : [{ name: addon.name, version: addonVersion(addon) }],
    ),
  };
}

/** `1.24`, or why the version could not be checked. */
export function groupVersionText({ version }: Pick<ObservedNodeGroup, 'version'>): string {
  return version.kind === 'could-not-check' ? `not checked: ${version.why}` : version.version;
}

/** The tag of a self-managed add-on's image, without a digest; the whole image when it has none (a registry's port is no tag). */
export function imageTag(image: string): string {
  return /:([^:/]+)$/.exec(image.replace(/@.*$/, ''))?.[1] ?? image;
}

function addonVersion(addon: Exclude<ObservedAddon, { kind: 'absent' }>): string {
  return addon.kind === 'eks' ? addon.version : imageTag(addon.image);
}
