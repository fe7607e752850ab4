import type { ConfigNodeGroup } from './observation.ts';
import type { PlanNote } from './plan.ts';
import type { PlanDraft } from './plan-draft.ts';

/** The sizes of a group's Auto Scaling group now: not those its stack was made with. */
export type LiveSizes = { group: string; min: number; max: number };

/**
 * A group that is created again comes back with the config's limits, whatever somebody made of them in AWS since. The
 * desired size is not compared: the autoscaler changes it all day.
 */
export function sizeWarnings({ request: { observation }, rotations, survey }: PlanDraft): PlanNote[] {
  const planned = new Set(rotations.flatMap(({ groups }) => groups));
  const changes = survey.ours.flatMap(({ name, config }) => {
    const live = observation.findings.liveSizes.find(({ group }) => group === name);
    const changed = live === undefined || !planned.has(name) ? [] : differences(live, config);
    return changed.length === 0 ? [] : [{ name, text: `${name} ${changed.join(' and ')}` }];
  });
  if (changes.length === 0) return [];
  const list = changes.map(({ text }) => text).join('; ');
  const names = changes.map(({ name }) => name).sort();
  const text = `Somebody changed the sizes of node groups in AWS, and they come back with those of the config: ${list}. Users may find fewer nodes than they have now. Write the sizes you want into the config before you approve.`;
  return [{ id: `group-sizes-differ:${names.join(',')}`, text }];
}

function differences({ min, max }: LiveSizes, { minSize, maxSize }: ConfigNodeGroup): string[] {
  return [
    ...(maxSize === null || maxSize === max ? [] : [`at most ${max} → ${maxSize} nodes`]),
    ...(minSize === null || minSize === min ? [] : [`at least ${min} → ${minSize} nodes`]),
  ];
}
