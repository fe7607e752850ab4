import { isEksctlBusy } from '#src/domain/run-progress.ts';
import type { NodeGroupStack } from '#src/ports/node-group-stacks.ts';
import { idsOf } from '../ids-of.ts';
import { COMMAND_POLL_MS, type PhaseContext, type PhaseResult } from '../phase.ts';

/**
 * eksctl lets the nodes of a group in by aws-auth only after its stack is complete, and takes its role out after the
 * stack is gone (pkg/actions/nodegroup/create.go, `postNodeCreationTasks`; delete.go). Cut off in between it never comes
 * back to it: the next `create` leaves out a group that has a stack, and of a stack that is gone `delete` knows no role.
 * Nodes of such a group could never join, and one that wants no nodes would even look proven. What eksctl left undone is
 * done here, instead of deleting and creating the group once more.
 */
type Context = Pick<
  PhaseContext<'node-groups'>,
  'deps' | 'cloud' | 'cluster' | 'run' | 'progress' | 'confirmClaim' | 'now'
> & {
  step: { id: string };
};

/** The roles of these groups whose nodes nothing lets in. */
export async function rolesKeptOut({ cloud, cluster }: Context, groups: string[]): Promise<string[]> {
  if (groups.length === 0) return [];
  const stacks = (await cloud.stacks.list(cluster.name)).filter(({ group }) => groups.includes(group));
  const roles = [...new Set(stacks.flatMap(({ nodeRole }) => nodeRole ?? []))];
  const mapped = roles.length === 0 ? null : await cloud.kubernetes.mappedRoles();
  return mapped === null ? [] : roles.filter((role) => !mapped.includes(role));
}

export async function letIn(context: Context, roles: string[]): Promise<PhaseResult> {
  const { deps, cloud, run, step, progress, now, confirmClaim } = context;
  if (isEksctlBusy(run)) return forEksctl(context);
  await confirmClaim();
  deps.log.info({ ...idsOf(run, step), roles }, 'letting the nodes of new groups in, which eksctl did not come to');
  await cloud.kubernetes.changeNodeRoles({ add: roles, remove: [] });
  return {
    kind: 'wait',
    for: 'nodes of the new groups to be let in',
    pollMs: 15_000,
    memory: { ...progress.memory, letInAt: String(now) },
    notes: [...progress.notes, `eksctl was cut off before it mapped ${listRoles(roles)} in aws-auth: the bot did so`],
  };
}

/** Roles that go with these stacks: made by them, so that nobody else can be using them. */
export function ownRoles(stacks: NodeGroupStack[]): string[] {
  return stacks.flatMap(({ nodeRole, stackName }) =>
    nodeRole?.includes(`:role/${stackName}-NodeInstanceRole-`) === true ? [nodeRole] : [],
  );
}

/** Those of the roles that aws-auth still lets in. */
export async function rolesLeft({ cloud }: Context, roles: string[]): Promise<string[]> {
  const mapped = roles.length === 0 ? null : await cloud.kubernetes.mappedRoles();
  return roles.filter((role) => mapped?.includes(role) === true);
}

/** `wasCutOff`: eksctl should have done it; else it was told to leave that to the bot. */
export async function keepOut(
  context: Context,
  roles: string[],
  { wasCutOff }: { wasCutOff: boolean },
): Promise<PhaseResult> {
  const { deps, cloud, run, step, progress, confirmClaim } = context;
  if (isEksctlBusy(run)) return forEksctl(context);
  await confirmClaim();
  deps.log.info({ ...idsOf(run, step), roles }, 'taking the roles of deleted groups out of aws-auth');
  await cloud.kubernetes.changeNodeRoles({ add: [], remove: roles });
  return {
    kind: 'wait',
    for: 'aws-auth to be without the roles of the deleted groups',
    pollMs: 1000,
    memory: progress.memory,
    notes: wasCutOff
      ? [...progress.notes, `eksctl was cut off before it took ${listRoles(roles)} out of aws-auth: the bot did so`]
      : progress.notes,
  };
}

/**
 * eksctl reads aws-auth and writes it back whole, with the version it has read: were it changed in between, the command
 * would fail with a conflict and leave its groups unmapped (pkg/authconfigmap/authconfigmap.go, `Save`).
 */
function forEksctl({ progress }: Context): PhaseResult {
  return {
    kind: 'wait',
    for: 'eksctl, which may be writing aws-auth, to end',
    pollMs: COMMAND_POLL_MS,
    memory: progress.memory,
  };
}

function listRoles(roles: string[]): string {
  return roles.map((role) => role.split('/').at(-1) ?? role).join(', ');
}
