import type { Json, JsonObject } from '../json.ts';
import { at, isObject, textAt, textsAt } from '../json.ts';
import type { Instance, Taint } from '../world/world.ts';
import { CONTROLLER_TAINTS } from './nodes.ts';
import { StatusError } from './status.ts';

type NodeEffect =
  | { effect: 'node-cordoned' | 'node-uncordoned' }
  | { effect: 'node-tainted' | 'node-untainted'; taint: string };

/** Takes over `spec.unschedulable` and `spec.taints` of a changed Node; answers what that changed, and nothing when it did not. */
export function changeNode(instance: Instance, changed: JsonObject): NodeEffect[] {
  const unschedulable = at(changed, 'spec', 'unschedulable') === true;
  const taints = taintsIn(at(changed, 'spec', 'taints') ?? []);
  const before = instance.taints.map(taintText);
  const after = taints.map(taintText);
  const effects: NodeEffect[] = [
    ...(unschedulable === instance.unschedulable
      ? []
      : [{ effect: unschedulable ? ('node-cordoned' as const) : ('node-uncordoned' as const) }]),
    ...after.filter((text) => !before.includes(text)).map((taint) => ({ effect: 'node-tainted' as const, taint })),
    ...before.filter((text) => !after.includes(text)).map((taint) => ({ effect: 'node-untainted' as const, taint })),
  ];
  if (effects.length > 0) instance.revision += 1;
  instance.unschedulable = unschedulable;
  instance.taints = taints;
  instance.annotations = textsAt(changed, 'metadata', 'annotations');
  return effects;
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function taintsIn(value: Json): Taint[] {
  if (!Array.isArray(value)) throw invalid(value);
  return value.map(taintIn).filter(({ key }) => !CONTROLLER_TAINTS.includes(key));
}

function taintIn(item: Json): Taint {
  const [key, effect, value] = [textAt(item, 'key'), textAt(item, 'effect'), textAt(item, 'value')];
  if (!isObject(item) || key === undefined || effect === undefined || !EFFECTS.includes(effect)) throw invalid(item);
  return { key, effect, ...(value === undefined ? {} : { value }) };
}

function invalid(value: Json): StatusError {
  return new StatusError(422, 'Invalid', `spec.taints: Invalid value: ${JSON.stringify(value)}`);
}

/** As kubectl writes them. */
function taintText({ key, effect, value }: Taint): string {
  return `${key}${value === undefined ? '' : `=${value}`}:${effect}`;
}
