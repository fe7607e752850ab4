import { DeleteNodegroupCommand } from '@aws-sdk/client-eks';
import { messageOf } from '#src/domain/errors.ts';
import { unmapNodeRole } from './aws-auth.ts';
import { type ClusterCommand, type Invocation, openCluster } from './command.ts';
import { isOn } from './command-line.ts';
import { drainGroup } from './drain.ts';
import { EksctlError } from './eksctl-error.ts';
import { logFiltered, nodeGroupFilter } from './node-group-filter.ts';
import { allGroups } from './node-group-template.ts';
import { deleteStack, type NodeGroupStack, nodeGroupStacks } from './stacks.ts';

/** `eksctl delete nodegroup` (pkg/ctl/delete/nodegroup.go, pkg/actions/nodegroup/delete.go). */
export async function deleteNodegroup(invocation: Invocation): Promise<void> {
  const command = await openCluster(invocation, 'operable');
  const { cluster, config, flags, log } = command;
  const plan = !isOn(flags, 'approve');
  log.info(
    `comparing ${config.nodeGroups.length} nodegroups defined in the given config ("${flags.get('config-file')}") against remote state`,
  );
  if (isOn(flags, 'only-missing'))
    throw new EksctlError('the simulated eksctl does not know --only-missing: it deletes more than it says');
  const names = allGroups(config).map(({ name }) => name);
  const filter = nodeGroupFilter(flags, names);
  const included = names.filter(filter.matches);
  logFiltered(log, filter, { included, excluded: names.filter((name) => !filter.matches(name)) });
  const stacks = await nodeGroupStacks(command);
  const groups = included.map((name) => ({
    name,
    isManaged: config.managedNodeGroups.some((group) => group.name === name),
    stack: stacks.find(({ group }) => group === name),
  }));
  warnOfMissing(command, groups);

  const will = plan ? '(plan) would' : 'will';
  if (isOn(flags, 'drain', true)) {
    log.info(`${will} drain ${groups.length} nodegroup(s) in cluster "${cluster.name}"`);
    if (!plan) await drainAll(command, included);
  }
  log.info(`${will} delete ${groups.length} nodegroups from cluster "${cluster.name}"`);
  logTasks(command, groups, plan);
  if (plan) {
    log.success(`(plan) would have deleted ${groups.length} nodegroup(s) from cluster "${cluster.name}"`);
    if (groups.length > 0) log.warning(`no changes were applied, run again with '--approve' to apply the changes`);
    return;
  }
  await deleteAll(command, groups);
  log.success(`deleted ${groups.length} nodegroup(s) from cluster "${cluster.name}"`);
}

type Group = { name: string; isManaged: boolean; stack: NodeGroupStack | undefined };

function warnOfMissing({ log }: ClusterCommand, groups: readonly Group[]): void {
  for (const { name, isManaged, stack } of groups) {
    if (isManaged || stack !== undefined) continue;
    log.warning(
      `continuing with deletion, error occurred: error getting instance role ARN for nodegroup "${name}": stack not found for nodegroup "${name}"`,
    );
  }
}

async function drainAll(command: ClusterCommand, names: readonly string[]): Promise<void> {
  try {
    for (const name of names) await drainGroup(command, name);
  } catch (error) {
    command.log.warning(`error occurred during drain, to skip drain use '--drain=false' flag`);
    throw error;
  }
}

function logTasks({ flags, log }: ClusterCommand, groups: readonly Group[], plan: boolean): void {
  const suffix = isOn(flags, 'wait') ? '' : ' [async]';
  const tasks = groups
    .filter(({ stack }) => stack !== undefined)
    .map(({ name }) => `delete nodegroup "${name}"${suffix}`);
  log.info(
    tasks.length === 0
      ? 'no tasks'
      : `${plan ? '(plan) ' : ''}${tasks.length} ${tasks.length === 1 ? 'task' : 'parallel tasks'}: { ${tasks.join(', ')} }`,
  );
}

/** Stacks first, then the mappings; without `--wait` the nodes still run when their mapping goes (eksctl.md, hazard 13). */
async function deleteAll(command: ClusterCommand, groups: readonly Group[]): Promise<void> {
  const { log } = command;
  const results = await Promise.allSettled(groups.map((group) => deleteGroup(command, group)));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : []));
  if (errors.length > 0) {
    log.info(`${errors.length} error(s) occurred while deleting nodegroup(s)`);
    for (const error of errors) log.critical(`${error}\n`);
    throw new EksctlError('failed to delete nodegroup(s)');
  }
  const mapped = groups.filter(({ isManaged, stack }) => !isManaged && stack?.usesAccessEntry !== true);
  if (mapped.length === 0 || !isOn(command.flags, 'update-auth-configmap', true)) return;
  log.info(`will delete ${mapped.length} nodegroups from auth ConfigMap in cluster "${command.cluster.name}"`);
  for (const { stack } of mapped) {
    await unmapNodeRole(command, stack?.roleArn ?? '').catch((error: unknown) => log.warning(messageOf(error)));
  }
}

async function deleteGroup(command: ClusterCommand, { name, isManaged, stack }: Group): Promise<void> {
  if (stack !== undefined) return await deleteStack(command, stack, isOn(command.flags, 'wait'));
  if (!isManaged) return;
  // A managed group without a stack of eksctl is deleted in EKS; that there is none is an error, unlike for self-managed ones.
  await command.aws.eks.send(new DeleteNodegroupCommand({ clusterName: command.cluster.name, nodegroupName: name }));
}
