import type { PodBudget, PodOnNode, PodOwner, PodVolume, Room } from '#src/domain/pod-on-node.ts';

/** Emptying the nodes of a group, and what has to be known before. Errors as in `kubernetes.ts`. */
export type NodeDrain = {
  nodes: () => Promise<DrainNode[]>;
  /** Pods on these nodes, but those that have run to their end. */
  podsOn: (nodes: string[]) => Promise<PodOnNode[]>;
  volumesOf: (pods: PodOnNode[]) => Promise<PodVolume[]>;
  budgetsIn: (namespaces: string[]) => Promise<PodBudget[]>;
  /** How many pods of a workload are Ready, and how many it wants; null: it is gone, or of a kind that does not say so. */
  readiness: (owner: PodOwner) => Promise<{ ready: number; wanted: number } | null>;
  /** No pod is put on the node any more, on behalf of this run. Whoever lifts it knows that by the name. */
  cordon: (cordon: { node: string; runId: string }) => Promise<void>;
  /** Lifts a cordon of this run; one that somebody else has set in the meantime, or a node that is gone, is left alone. */
  uncordon: (cordon: { node: string; runId: string }) => Promise<void>;
  /** Asks for the pod to be ended with its own grace, when its budget lets it. */
  evict: (pod: PodOnNode) => Promise<Eviction>;
  /** Ends the pod with its own grace, whatever its budget says. One that is gone, or is another by now, is left alone. */
  deletePod: (pod: Pick<PodOnNode, 'namespace' | 'name' | 'uid'>) => Promise<void>;
};

export type DrainNode = {
  name: string;
  /** Its node group, as in `ObservedNode`. */
  group: string | null;
  ready: boolean;
  unschedulable: boolean;
  /** The run that cordoned it; null: nobody did, or somebody else. */
  cordonedBy: string | null;
  zone: string | null;
  allocatable: Room;
};

export type Eviction =
  | { kind: 'accepted' }
  /** 404, or another pod of that name. */
  | { kind: 'gone' }
  /** 429: a budget lets none of its pods go now. */
  | { kind: 'held' }
  /** 500: it has more than one budget. */
  | { kind: 'several-budgets' };
