import { UserError } from '#src/domain/errors.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import { takeOffCommands } from '#src/domain/group-findings.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import type { FailedResource, NodeGroupStack } from '#src/ports/node-group-stacks.ts';
import { foreignOn } from '../look-ahead.ts';

/** What keeps a stack from being deleted, in a few words, and the commands that a person with rights in AWS runs. */
export type WayOut = { causes: string[]; commands: string[] };

type Look = { cloud: Cloud; cluster: FleetCluster; stack: NodeGroupStack };

/**
 * A stack in DELETE_FAILED: each of its resources that is left says why, in the words of its service. Policies on the role
 * and network interfaces in the security group are the usual ones (eksctl issues 5430 and 2216): both are looked up.
 */
export async function wayOutOf(look: Look): Promise<WayOut> {
  const { cloud, cluster, stack } = look;
  const causes: string[] = [];
  const commands: string[] = [];
  for (const resource of await cloud.stacks.failedResources(stack.stackName)) {
    const found = await causeOf(look, resource);
    causes.push(...found.causes);
    commands.push(...found.commands);
  }
  commands.push(`aws cloudformation delete-stack --region ${cluster.region} --stack-name ${stack.stackName}`);
  return { causes, commands };
}

async function causeOf(look: Look, resource: FailedResource): Promise<WayOut> {
  const { reason, type, id } = resource;
  if (type === 'AWS::IAM::Role' && /must (?:detach all|delete) policies/.test(reason)) return policiesOn(look, id);
  if (/must remove roles from instance profile/.test(reason))
    return {
      causes: [`somebody put the role ${id} into an instance profile`],
      commands: [`aws iam list-instance-profiles-for-role --role-name ${id}`],
    };
  if (/dependent object|network interface|DependencyViolation/i.test(reason)) return interfacesIn(look, resource);
  return { causes: [], commands: [] };
}

async function policiesOn({ cloud, stack }: Look, role: string): Promise<WayOut> {
  const seen = await unlessDenied(() => cloud.nodeRoles.policies(role));
  if (seen === 'denied')
    return {
      causes: [`policies that somebody put on the role ${role}, which the bot may not list`],
      commands: [
        `aws iam list-attached-role-policies --role-name ${role}`,
        `aws iam list-role-policies --role-name ${role}`,
      ],
    };
  const { attached, inline } = foreignOn(stack.ownRole ?? { attached: [], inline: [] }, seen);
  const names = [...attached.map(({ name }) => name), ...inline];
  if (names.length === 0) return { causes: [], commands: [] };
  const causes = [`somebody put ${names.join(', ')} on the role ${role}`];
  return { causes, commands: takeOffCommands({ role, attached, inline }) };
}

async function interfacesIn({ cloud, cluster }: Look, { reason, type, id }: FailedResource): Promise<WayOut> {
  const named = reason.match(/\beni-[0-9a-f]+\b/g) ?? [];
  const group = type === 'AWS::EC2::SecurityGroup' ? id : /\bsg-[0-9a-f]+\b/.exec(reason)?.[0];
  const found = group === undefined ? [] : await unlessDenied(() => cloud.stacks.interfacesIn(group));
  const interfaces = [...new Set([...named, ...(found === 'denied' ? [] : found)])];
  if (interfaces.length > 0)
    return {
      causes: [`network interfaces were left behind: ${interfaces.join(', ')}`],
      commands: interfaces.map(
        (eni) => `aws ec2 delete-network-interface --region ${cluster.region} --network-interface-id ${eni}`,
      ),
    };
  if (group === undefined) return { causes: [], commands: [] };
  return {
    causes: [`something still uses the security group ${group}`],
    commands: [
      `aws ec2 describe-network-interfaces --region ${cluster.region} --filters Name=group-id,Values=${group}`,
    ],
  };
}

async function unlessDenied<T>(look: () => Promise<T>): Promise<T | 'denied'> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof UserError && error.code === 'AwsAccessDenied') return 'denied';
    throw error;
  }
}
