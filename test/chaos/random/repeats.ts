import type { Effect } from '../../simulators/cloud/effects.ts';
import type { ClusterSnapshot } from '../../simulators/cloud/options.ts';

/** What one run did to its cluster, and how the cluster was before each deletion. */
export type Deeds = {
  effects: Effect[];
  /** How often an update may have to be made again, because the cloud let one fail. */
  updatesThatFailed: number;
  /** The cluster as it was last seen before this time (run time). */
  before: (at: number) => ClusterSnapshot;
  /** Keys of messages that stand there, or stood there, twice. */
  doubledMessages: string[];
};

/** Everything that was done again although it had been done. */
export function repeats({ effects, updatesThatFailed, before, doubledMessages }: Deeds): string[] {
  const ours = effects.filter(({ caller }) => caller !== 'other');
  return [
    ...updatedAgain(ours, updatesThatFailed),
    ...ours.flatMap((effect) => deletedAgain(effect, before)),
    ...doubledMessages.map((key) => `message ${key} was posted twice`),
  ];
}

function updatedAgain(effects: Effect[], mayFail: number): string[] {
  const targets = effects.flatMap(({ effect, to }) => (effect === 'control-plane-update-started' ? [String(to)] : []));
  const again = targets.filter((target, index) => targets.indexOf(target) !== index);
  return again.slice(mayFail).map((target) => `the control plane was updated to ${target} once more`);
}

/** A group with the control plane's version needs no replacing: it was created by this run. */
function deletedAgain(effect: Effect, before: Deeds['before']): string[] {
  if (effect.effect !== 'stack-delete-started') return [];
  const { version, nodeGroups } = before(Date.parse(effect.at));
  const group = nodeGroups.find(({ name }) => String(effect['stack']).endsWith(`-nodegroup-${name}`));
  const isNew =
    group?.version === version && group.stackStatus === 'CREATE_COMPLETE' && group.nodes === group.readyNodes;
  return isNew ? [`group ${group.name} was deleted although it was at ${version} already`] : [];
}
