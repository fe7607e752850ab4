import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws/errors.ts';
import { StatusError } from '../kubernetes/status.ts';
import type { KubernetesIdentity } from '../world/access.ts';
import type { Wish } from './policy.ts';
import type { KubernetesWish } from './rbac.ts';

/**
 * `User: … is not authorized to perform: … on resource: … because no identity-based policy allows the … action`
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html; where there is no resource,
 * Auto Scaling and EC2 leave that part out, as stack events in the issues of many projects show.
 */
function denialWords(arn: string, { action, resource }: Pick<Wish, 'action' | 'resource'>): string {
  const on = resource === '*' && /^(ec2|autoscaling):/.test(action) ? '' : ` on resource: ${resource}`;
  return `User: ${arn} is not authorized to perform: ${action}${on} because no identity-based policy allows the ${action} action`;
}

/**
 * The error the called service answers it with. EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html;
 * what EKS may not launch for the caller it calls an invalid request.
 */
export function awsDenial(arn: string, service: string, wish: Wish): AwsError {
  const words = denialWords(arn, wish);
  const encoded = `Encoded authorization failure message: ${randomUUID()}`;
  switch (service) {
    case 'ec2':
      return new AwsError(
        'UnauthorizedOperation',
        `You are not authorized to perform this operation. ${words}. ${encoded}`,
        403,
      );
    case 'eks':
      return wish.action.startsWith('ec2:')
        ? new AwsError(
            'InvalidRequestException',
            `You are not authorized to launch instances with this launch template. ${words}. ${encoded}`,
            400,
          )
        : new AwsError('AccessDeniedException', words, 403);
    case 'ssm':
      return new AwsError('AccessDeniedException', words, 400);
    default:
      return new AwsError('AccessDenied', words, 403);
  }
}

/** In an event of a stack, as a resource handler reports it. */
export function stackDenial(arn: string, wish: Wish): string {
  const names: Record<string, string> = { ec2: 'Ec2', iam: 'Iam', eks: 'Eks', autoscaling: 'AutoScaling' };
  const service = names[wish.action.split(':')[0] ?? ''] ?? 'CloudFormation';
  return `Resource handler returned message: "${denialWords(arn, wish)} (Service: ${service}, Status Code: 403, Request ID: ${randomUUID()})" (RequestToken: ${randomUUID()}, HandlerErrorCode: AccessDenied)`;
}

/** Words of kubernetes/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go. */
export function kubernetesDenial({ username }: KubernetesIdentity, wish: KubernetesWish): StatusError {
  const { verb, group, namespace, name } = wish;
  const resource = wish.subresource === null ? wish.resource : `${wish.resource}/${wish.subresource}`;
  const what = `${wish.resource}${group === '' ? '' : `.${group}`}${name === null ? '' : ` "${name}"`}`;
  const where = namespace === null ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return new StatusError(
    403,
    'Forbidden',
    `${what} is forbidden: User "${username}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
  );
}
