import { type Identity, readAwsAuth, saveAwsAuth } from './aws-auth.ts';
import { type Invocation, openCluster } from './command.ts';
import { isOn } from './command-line.ts';
import { EksctlError } from './eksctl-error.ts';

/** `eksctl create iamidentitymapping` (pkg/actions/iamidentitymapping/create.go). There is no plan mode. */
export async function createIamIdentityMapping(invocation: Invocation): Promise<void> {
  const { kubernetes, flags, log } = await openCluster(invocation, 'operable');
  const arn = flags.get('arn') ?? '';
  const isRole = /:role\//.test(arn);
  if (!isRole && !/:user\//.test(arn))
    throw new EksctlError(`invalid ARN "${arn}": only user and role ARNs are supported`);
  const username = flags.get('username');
  const identity: Identity = {
    ...(isRole ? { rolearn: arn } : { userarn: arn }),
    ...(username === undefined ? {} : { username }),
    groups: (flags.get('group') ?? '').split(',').filter((group) => group !== ''),
  };
  const auth = await readAwsAuth(kubernetes);
  const list = isRole ? auth.roles : auth.users;
  log.info(`checking arn ${arn} against entries in the auth ConfigMap`);
  const same = list.filter((entry) => (entry.rolearn ?? entry.userarn) === arn);
  if (same.length > 0 && isOn(flags, 'no-duplicate-arns')) {
    if (!same.some((entry) => isSame(entry, identity)))
      throw new EksctlError(`found existing mapping with the same arn "${arn}" and shadowing is disabled`);
    log.warning('found existing mapping that matches the one being created, skipping.');
    return;
  }
  if (same.length > 0)
    log.warning(`found existing mappings with same arn "${arn}" (which will be shadowed by your new mapping)`);
  list.push(identity);
  log.info(`adding identity "${arn}" to auth ConfigMap`);
  await saveAwsAuth(kubernetes, auth);
}

function isSame(a: Identity, b: Identity): boolean {
  return (
    (a.username ?? '') === (b.username ?? '') &&
    (a.groups ?? []).toSorted().join() === (b.groups ?? []).toSorted().join()
  );
}
