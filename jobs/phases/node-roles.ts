import { isEksctlBusy } from '#src/domain/run-progress.ts';
import type { NodeGroupStack } from '#src/ports/node-group-stacks.ts';
import { idsOf } from '../ids-of.ts';
import type { KeptOut } from '../let-in.ts';
import { COMMAND_POLL_MS, failed, type PhaseContext, type PhaseResult, requestToken } from '../phase.ts';

/**
 * eksctl lets the nodes of a group in by aws-auth only after its stack is complete, and takes its role out after the
 * stack is gone (pkg/actions/nodegroup/create.go, `postNodeCreationTasks`; delete.go). Cut off in between it never comes
 * back to it: the next `create` leaves out a group that has a stack, and of a stack that is gone `delete` knows no role.
 * Nodes of such a group could never join, and one that wants no nodes would even look proven. What eksctl left undone is
 * done here, instead of deleting and creating the group once more.
 */
type Context = Pick<
  PhaseContext<'node-groups'>,
  'deps' | 'cloud' | 'cluster' | 'run' | 'step' | 'progress' | 'confirmClaim' | 'now'
>;

const LET_IN_LIMIT_MS = 10 * 60_000;

export async function letIn(context: Context, keptOut: KeptOut[]): Promise<PhaseResult> {
  const { deps, cluster, run, step, progress, now } = context;
  if (isEksctlBusy(run)) return forEksctl(context);
  const since = Number(progress.memory.letInAt ?? now);
  const hopeless = keptOut.find(({ otherEntry }) => otherEntry !== null);
  if (hopeless !== undefined) return mappedOtherwise(cluster.name, hopeless);
  if (now - since > LET_IN_LIMIT_MS) {
    const names = listRoles(keptOut.map(({ role }) => role));
    return failed('RoleNotMapped', `the bot has let nodes with ${names} in, and 10 minutes later nothing shows it`, {
      remedy: 'See who else changes aws-auth or the access entries of this cluster, then press Retry',
    });
  }
  deps.log.info({ ...idsOf(run, step), keptOut }, 'letting the nodes of groups in, which eksctl did not come to');
  await letInNow(context, keptOut);
  return {
    kind: 'wait',
    for: 'nodes of the new groups to be let in',
    pollMs: 15_000,
    memory: { ...progress.memory, letInAt: String(since) },
    notes: [...new Set([...progress.notes, ...notesOf(keptOut)])],
  };
}

async function letInNow(context: Context, keptOut: KeptOut[]): Promise<void> {
  const { cloud, cluster, confirmClaim } = context;
  const byAwsAuth = keptOut.filter(({ by }) => by === 'aws-auth').map(({ role }) => role);
  if (byAwsAuth.length > 0) {
    await confirmClaim();
    await cloud.kubernetes.changeNodeRoles({ add: byAwsAuth, remove: [] });
  }
  for (const { role, isWindows } of keptOut.filter(({ by }) => by === 'access-entry')) {
    await confirmClaim();
    await cloud.eks.createNodeAccessEntry({
      cluster: cluster.name,
      roleArn: role,
      type: isWindows ? 'EC2_WINDOWS' : 'EC2_LINUX',
      token: requestToken(context, role),
    });
  }
}

function notesOf(keptOut: KeptOut[]): string[] {
  const place = { 'aws-auth': 'in aws-auth', 'access-entry': 'by an access entry' };
  return (['aws-auth', 'access-entry'] as const).flatMap((by) => {
    const roles = keptOut.filter((lack) => lack.by === by).map(({ role }) => role);
    return roles.length === 0
      ? []
      : [`eksctl was cut off before it mapped ${listRoles(roles)} ${place[by]}: the bot did so`];
  });
}

/** An entry wins over aws-auth, and there is one a principal. */
function mappedOtherwise(cluster: string, { role, group, otherEntry }: KeptOut): PhaseResult {
  return failed(
    'RoleMappedOtherwise',
    `nodes of ${group} cannot join: the access entry of their role ${listRoles([role])} is of type ${otherEntry}, which lets no node in`,
    {
      remedy: 'Delete that access entry (the command is below), then press Retry: the bot makes one for nodes',
      detail: `aws eks delete-access-entry --cluster-name ${cluster} --principal-arn ${role}`,
    },
  );
}

/** Roles of aws-auth that go with these stacks: made by them, so that nobody else can be using them. */
export function ownRoles(stacks: NodeGroupStack[]): string[] {
  return stacks.flatMap(({ nodeRole, stackName, bringsAccessEntry }) =>
    !bringsAccessEntry && nodeRole?.includes(`:role/${stackName}-NodeInstanceRole-`) === true ? [nodeRole] : [],
  );
}

/**
 * Roles of groups without a stack that aws-auth still lets in: those that were noted before the deletion, and those whose
 * name says whose they were. A stack that somebody deleted by hand, after eksctl could not, took its notes with it.
 */
export async function rolesLeft(
  { cloud, cluster }: Context,
  { noted, groups }: { noted: string[]; groups: readonly string[] },
): Promise<string[]> {
  const own = groups.map((group) => `:role/eksctl-${cluster.name}-nodegroup-${group}-NodeInstanceRole-`);
  const mapped = (await cloud.kubernetes.mappedRoles()) ?? [];
  return [...new Set(mapped.map(({ arn }) => arn))].filter(
    (arn) => noted.includes(arn) || own.some((name) => arn.includes(name)),
  );
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
