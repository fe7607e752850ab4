/** A pod that runs on a node, or is ending there. */
export type PodOnNode = {
  namespace: string;
  name: string;
  uid: string;
  node: string;
  labels: Record<string, string>;
  /** The workload that makes it again; null: nothing does. */
  owner: PodOwner | null;
  /** The kubelet's own, known to the API server only as an image. */
  isMirror: boolean;
  ready: boolean;
  /** It was told to end. */
  isEnding: boolean;
  graceSeconds: number;
  /** What the scheduler counts it as: its requests. */
  requests: Pick<Room, 'cpu' | 'memory'>;
  /** Names of the PersistentVolumeClaims it uses. */
  claims: string[];
};

/** `kind`: Deployment for the pods of its ReplicaSets. */
export type PodOwner = { kind: string; namespace: string; name: string };

/** Cores, bytes, and how many pods. */
export type Room = { cpu: number; memory: number; pods: number };

/** A volume of a pod. `zones`: where it can be reached; empty: everywhere. */
export type PodVolume = { pod: string; claim: string; zones: string[] };

export type PodBudget = {
  namespace: string;
  name: string;
  matches: (labels: Record<string, string>) => boolean;
  disruptionsAllowed: number;
};
