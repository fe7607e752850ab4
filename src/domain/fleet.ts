import type { ProveEmptyGroups } from './empty-groups.ts';
import type { SelfMapping } from './self-mapping.ts';
import type { SkewPolicy } from './skew.ts';

/** The clusters the bot may touch, from the fleet file. */
export type Fleet = {
  /** Slack workspace (team) id, `T…`. */
  teamId: string;
  /** Channel id of the maintenance notices, `C…`. */
  maintenanceChannel: string;
  approvers: People;
  requesters: People;
  activitySelectors: string[];
  /** A request that nobody decides expires after so many hours. */
  approvalHours: number;
  clusters: FleetCluster[];
};

/** Slack users and user groups. */
export type People = { users: string[]; groups: string[] };

export type FleetCluster = {
  name: string;
  region: string;
  /** Twelve digits. What STS says must equal it. */
  account: string;
  /** Role to assume for this cluster, or null for the bot's own credentials. */
  roleArn: string | null;
  /** How the bot may map itself where Kubernetes does not know it; null: it may not, a person does. */
  access: SelfMapping | null;
  config: ConfigLocation;
  /** Glob patterns of the groups that must never be away, e.g. `core-*`. */
  coreGroups: string[];
  skewPolicy: SkewPolicy;
  /** Whether node groups that are created again may come back with another operating system. */
  allowAmiFamilyChange: boolean;
  /** eksctl may overwrite what people set in self-managed add-ons; saved before all the same. */
  overwriteAddons?: boolean;
  /** Addresses that answer 2xx while the cluster does what people have it for. */
  healthUrls: string[];
  proveEmptyGroups: ProveEmptyGroups;
  /** `drain`: what runs on an old core group is moved to the new one before the old one is deleted. */
  core: { drain: boolean };
};

/** Where a cluster's eksctl config lives. */
export type ConfigLocation = { remote: string; branch: string; path: string };
