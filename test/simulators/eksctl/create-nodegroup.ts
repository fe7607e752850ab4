import { ListNodegroupsCommand } from '@aws-sdk/client-eks';
import { messageOf } from '#src/domain/errors.ts';
import { mapNodeRole } from './aws-auth.ts';
import { type ClusterCommand, type Invocation, openCluster } from './command.ts';
import type { GroupConfig } from './config-file.ts';
import { EksctlError } from './eksctl-error.ts';
import { lookAround, lookAtAwsNodeRole, lookAtClusterStack, lookAtImage } from './look-around.ts';
import { logFiltered, nodeGroupFilter } from './node-group-filter.ts';
import { allGroups, managedTemplate, selfManagedTemplate } from './node-group-template.ts';
import { type ResolvedAmi, resolveAmi } from './resolve-ami.ts';
import { createStack, nodeGroupStacks, outputOf } from './stacks.ts';
import { waitForNodes } from './wait-for-nodes.ts';

type Wanted = { group: GroupConfig; type: 'managed' | 'unmanaged'; ami: ResolvedAmi | null };

/** `eksctl create nodegroup` (pkg/ctl/create/nodegroup.go, pkg/actions/nodegroup/create.go). */
export async function createNodegroup(invocation: Invocation): Promise<void> {
  const command = await openCluster(invocation, 'operable');
  const { cluster, config, flags, log } = command;
  const filter = nodeGroupFilter(
    flags,
    allGroups(config).map(({ name }) => name),
  );
  const version = checkVersion(command);
  await command.kubernetes.get('/version');
  await lookAround(command);

  const all = await normalize(command, version);
  const existing = await existingGroups(command);
  if (existing.length > 0)
    log.info(`${existing.length} existing nodegroup(s) (${existing.join(',')}) will be excluded`);
  const wanted = all.filter(({ group }) => filter.matches(group.name) && !existing.includes(group.name));
  const included = wanted.map(({ group }) => group.name);
  const present = [...new Set([...all.map(({ group }) => group.name), ...existing])];
  logFiltered(log, filter, { included, excluded: present.filter((name) => !included.includes(name)) });
  for (const [type, what] of [
    ['unmanaged', 'nodegroups'],
    ['managed', 'managed nodegroups'],
  ] as const) {
    const count = wanted.filter((one) => one.type === type).length;
    if (count > 0)
      log.info(`will create a CloudFormation stack for each of ${count} ${what} in cluster "${cluster.name}"`);
  }
  log.info('checking cluster stack for missing resources');
  await lookAtClusterStack(command);
  log.info('cluster stack has all required resources');
  await lookAtAwsNodeRole(command);
  const roles = await createAll(command, wanted);
  await join(command, wanted, roles);
}

/** `checkNodeGroupVersion`: a version ahead of the control plane is only a warning. */
function checkVersion({ cluster, config, log }: ClusterCommand): string {
  const asked = config.metadata.version ?? 'auto';
  if (asked === 'auto' || asked === '') {
    log.info(`will use version ${cluster.version} for new nodegroup(s) based on control plane version`);
    return cluster.version;
  }
  const version = asked === 'latest' ? (cluster.supportedVersions.at(-1) ?? cluster.version) : asked;
  if (!cluster.supportedVersions.includes(version))
    throw new EksctlError(invalidVersion(version, cluster.supportedVersions));
  if (version !== cluster.version) {
    log.warning(
      `will use version ${version} for new nodegroup(s), while control plane version is ${cluster.version}; to automatically inherit the version use "--version=auto"`,
    );
  }
  return version;
}

/** pkg/eks/versions_manager.go, `ValidateVersion`. */
function invalidVersion(version: string, supported: readonly string[]): string {
  const minor = (text: string | undefined): number => Number(text?.split('.')[1]);
  const isRetired = /^1\.\d+$/.test(version) && minor(version) < minor(supported[0]);
  return isRetired
    ? `invalid version, ${version} is no longer supported, supported values: ${supported.join(', ')}\nsee also: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html`
    : `invalid version, supported values: ${supported.join(', ')}`;
}

/** Of every group of the file, before the filter: one that cannot be resolved fails the command (eksctl.md, hazard 7). */
async function normalize(command: ClusterCommand, version: string): Promise<Wanted[]> {
  const { config, log } = command;
  const wanted: Wanted[] = [];
  for (const group of config.nodeGroups) {
    const ami = await resolveAmi(command, group, version);
    log.info(`nodegroup "${group.name}" will use "${ami.imageId}" [${ami.amiFamily}/${version}]`);
    await lookAtImage(command, ami.imageId);
    wanted.push({ group, type: 'unmanaged', ami });
  }
  for (const group of config.managedNodeGroups) {
    log.info(`nodegroup "${group.name}" will use "" [${group.amiFamily ?? 'AmazonLinux2023'}/${version}]`);
    wanted.push({ group, type: 'managed', ami: null });
  }
  return wanted;
}

/** Groups with a stack, whatever its state, or known to EKS: pkg/ctl/cmdutils/filter/nodegroup_filter.go, `SetOnlyLocal`. */
async function existingGroups(command: ClusterCommand): Promise<string[]> {
  const stacks = await nodeGroupStacks(command);
  const { nodegroups = [] } = await command.aws.eks.send(
    new ListNodegroupsCommand({ clusterName: command.cluster.name }),
  );
  return [...new Set([...stacks.map(({ group }) => group), ...nodegroups, ...command.believedExisting])].toSorted();
}

const PARALLELISM = 8;

/** All stacks, a few at a time; one that fails does not stop the others. Role ARNs by group. */
async function createAll(command: ClusterCommand, wanted: readonly Wanted[]): Promise<Map<string, string>> {
  const { cluster, config, flags, log } = command;
  const roles = new Map<string, string>();
  const errors: string[] = [];
  const waiting = [...wanted];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        const stack = await createStack(command, {
          group: next.group.name,
          type: next.type,
          template: templateOf(command, next),
          tags: next.group.tags ?? {},
        });
        roles.set(next.group.name, outputOf(stack, 'InstanceRoleARN') ?? '');
      } catch (error) {
        errors.push(messageOf(error));
      }
    }
  };
  const tasks = wanted.map(
    ({ group, type }) => `create ${type === 'managed' ? 'managed ' : ''}nodegroup "${group.name}"`,
  );
  const described =
    tasks.length === 1 ? `1 task: { ${tasks[0]} }` : `\n${tasks.length} parallel tasks: { ${tasks.join(', ')} \n}`;
  log.info(
    tasks.length === 0
      ? '1 task: { fix cluster compatibility }'
      : `\n2 sequential tasks: { fix cluster compatibility, ${described} \n}\n`,
  );
  await Promise.all(Array.from({ length: Number(flags.get('nodegroup-parallelism') ?? PARALLELISM) }, work));
  if (errors.length === 0) return roles;
  log.info(
    `${errors.length} error(s) occurred and nodegroups haven't been created properly, you may wish to check CloudFormation console`,
  );
  log.info(
    `to cleanup resources, run 'eksctl delete nodegroup --region=${config.metadata.region} --cluster=${cluster.name} --name=<name>' for each of the failed nodegroup`,
  );
  for (const error of errors) log.critical(`${error}\n`);
  throw new EksctlError(`failed to create nodegroups for cluster "${cluster.name}"`);
}

function templateOf({ cluster }: ClusterCommand, { group, type, ami }: Wanted): unknown {
  if (type === 'managed' || ami === null)
    return managedTemplate({ cluster, group, amiFamily: group.amiFamily ?? 'AmazonLinux2023' });
  return selfManagedTemplate({ cluster, group, ...ami, accessEntry: cluster.authenticationMode !== 'CONFIG_MAP' });
}

/** After all stacks: with one failed stack or a kill before this, finished groups are never mapped (eksctl.md, hazard 10). */
async function join(
  command: ClusterCommand,
  wanted: readonly Wanted[],
  roles: ReadonlyMap<string, string>,
): Promise<void> {
  const { cluster, log } = command;
  log.info('no tasks');
  const unmanaged = wanted.filter(({ type }) => type === 'unmanaged');
  if (cluster.authenticationMode === 'CONFIG_MAP') {
    for (const { group } of unmanaged) await mapNodeRole(command, roles.get(group.name) ?? '');
  }
  for (const { group } of unmanaged) await waitForNodes(command, group);
  log.success(`created ${unmanaged.length} nodegroup(s) in cluster "${cluster.name}"`);
  const managed = wanted.filter(({ type }) => type === 'managed');
  for (const { group } of managed) await waitForNodes(command, group);
  log.success(`created ${managed.length} managed nodegroup(s) in cluster "${cluster.name}"`);
  log.info('checking security group configuration for all nodegroups');
  log.info('all nodegroups have up-to-date cloudformation templates');
}
