import type { ObservedNode } from './observation.ts';

/** A Deployment, StatefulSet or DaemonSet: what keeps its pods running. Pods of users and Jobs are none. */
export type Workload = {
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  namespace: string;
  name: string;
  ready: number;
  wanted: number;
};

/** `says`: `200`, `503`, or why there was no answer. */
export type UrlHealth = { url: string; healthy: boolean; says: string };

/** What was well when the run began, and what was not: what must be well again at the end, and what nobody is blamed for. */
export type HealthBefore = {
  /** Names of the workloads that were fully ready, by `namespace/Kind`. */
  ready: Record<string, string[]>;
  /** Of very big clusters: how many were, without their names, by `namespace/Kind`. */
  uncounted: Record<string, number>;
  pendingPods: number;
  troubledNodes: string[];
  /** People keep pods away from these: that stays so. */
  cordonedNodes: string[];
  urls: UrlHealth[];
};

export type Health = {
  workloads: Workload[];
  /** As `namespace/name`. */
  pendingPods: string[];
  nodes: ObservedNode[];
  urls: UrlHealth[];
};

/** A run is stored and read whole with each of its steps: some 50 kB of names at most. */
const MOST_NAMES = 2000;
const MOST_NODES = 500;

export function healthBefore({ workloads, pendingPods, nodes, urls }: Health): HealthBefore {
  const ready = Object.entries(byPlace(workloads.filter((one) => one.wanted > 0 && isReady(one) && !isCoreAddon(one))));
  const named: typeof ready = [];
  let names = 0;
  for (const [place, list] of ready) {
    names += list.length;
    if (names <= MOST_NAMES) named.push([place, list]);
  }
  const uncounted = ready.slice(named.length).map(([place, list]) => [place, list.length] as const);
  const nodesThat = (is: (node: ObservedNode) => boolean) =>
    nodes
      .filter(is)
      .map(({ name }) => name)
      .slice(0, MOST_NODES);
  return {
    ready: Object.fromEntries(named),
    uncounted: Object.fromEntries(uncounted),
    pendingPods: pendingPods.length,
    troubledNodes: nodesThat((node) => troublesOf(node).length > 0),
    cordonedNodes: nodesThat(({ unschedulable }) => unschedulable),
    urls,
  };
}

function isReady({ ready, wanted }: Workload): boolean {
  return ready >= wanted;
}

/** The run changes these itself, and looks at them in its own way. */
function isCoreAddon({ namespace, name }: Workload): boolean {
  return namespace === 'kube-system' && ['aws-node', 'kube-proxy', 'coredns'].includes(name);
}

function byPlace(workloads: readonly Workload[]): Record<string, string[]> {
  const places = Object.groupBy(workloads, ({ namespace, kind }) => `${namespace}/${kind}`);
  return Object.fromEntries(
    Object.entries(places)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([place, list = []]) => [place, list.map(({ name }) => name).sort()]),
  );
}

export type Comparison = {
  /** `Deployment prod/hub (0 of 1 ready)`. */
  notBack: string[];
  /** How many workloads those lines stand for. */
  count: number;
  /** Well before, and not there any more: their owners took them away. */
  deleted: string[];
  /** Nodes and addresses that were well and are not. */
  unwell: string[];
  /** Not well, as before. */
  asBefore: string[];
};

/** What was well before and is not now. A workload that its owner deleted meanwhile is told, and is no failure. */
export function compareHealth(before: HealthBefore, now: Health): Comparison {
  const current = new Map(now.workloads.map((workload) => [keyOf(workload), workload]));
  const named = Object.entries(before.ready).flatMap(([place, names]) => names.map((name) => ({ place, name })));
  const seen = named.map(({ place, name }) => ({
    text: called(place, name),
    workload: current.get(`${place}/${name}`),
  }));
  const away = seen.filter(({ workload }) => workload !== undefined && !isReady(workload));
  const fewer = Object.entries(before.uncounted).flatMap(([place, count]) => {
    const ready = now.workloads.filter((workload) => placeOf(workload) === place && isReady(workload)).length;
    return ready >= count ? [] : [{ place, count, ready }];
  });
  return {
    notBack: [
      ...away.map(({ text, workload }) => `${text} (${workload?.ready} of ${workload?.wanted} ready)`),
      ...fewer.map(({ place, count, ready }) => `${place}: ${ready} are ready, ${count} were`),
    ],
    count: away.length + fewer.reduce((sum, { count, ready }) => sum + count - ready, 0),
    deleted: seen.filter(({ workload }) => workload === undefined).map(({ text }) => text),
    unwell: [...unwellNodes(before, now), ...unwellUrls(before, now)],
    asBefore: before.urls
      .filter(({ healthy }) => !healthy)
      .map(({ url, says }) => `${url} was not healthy before (${says})`),
  };
}

function keyOf(workload: Workload): string {
  return `${placeOf(workload)}/${workload.name}`;
}

function placeOf({ namespace, kind }: Workload): string {
  return `${namespace}/${kind}`;
}

/** `prod/Deployment`, `hub` → `Deployment prod/hub`. */
function called(place: string, name: string): string {
  const [namespace = '', kind = ''] = place.split('/');
  return `${kind} ${namespace}/${name}`;
}

function unwellNodes({ troubledNodes }: HealthBefore, { nodes }: Health): string[] {
  return nodes.flatMap((node) => {
    const troubles = troublesOf(node);
    return troubles.length === 0 || troubledNodes.includes(node.name)
      ? []
      : [`node ${node.name} is ${troubles.join(' and ')}`];
  });
}

function troublesOf({ ready, troubles = [] }: ObservedNode): string[] {
  return [...(ready ? [] : ['NotReady']), ...troubles];
}

function unwellUrls(before: HealthBefore, { urls }: Health): string[] {
  const wasHealthy = new Set(before.urls.filter(({ healthy }) => healthy).map(({ url }) => url));
  return urls.flatMap(({ url, healthy, says }) =>
    healthy || !wasHealthy.has(url) ? [] : [`${url} is not healthy (${says})`],
  );
}
