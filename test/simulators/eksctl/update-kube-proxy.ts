import { DescribeAddonVersionsCommand } from '@aws-sdk/client-eks';
import { type AddonUpdate, KUBE_SYSTEM_APPS, tagOf, updateAddon, type Workload } from './addon.ts';
import { type Invocation, serverMinor } from './command.ts';
import { EksctlError } from './eksctl-error.ts';

const PATH = `${KUBE_SYSTEM_APPS}/daemonsets/kube-proxy`;

/** `eksctl utils update-kube-proxy` (pkg/addons/default/kube_proxy.go): EKS's newest tag for the API server's minor. */
export function updateKubeProxy(invocation: Invocation): Promise<void> {
  return updateAddon(invocation, 'kube-proxy', async (command) => {
    const { kubernetes, log, plan } = command;
    const daemonSet = (await kubernetes.find(PATH)) as Workload | null;
    if (daemonSet === null) {
      log.warning('"kube-proxy" was not found');
      return false;
    }
    const [container] = daemonSet.spec.template.spec.containers;
    if (container === undefined) throw new EksctlError('kube-proxy has 0 containers, expected at least 1');
    const tag = await newestTag(command);
    if (tagOf(container.image) === tag) {
      log.info('"kube-proxy" is already up-to-date');
      return false;
    }
    if (plan) {
      log.critical('(plan) "kube-proxy" is not up-to-date');
      return true;
    }
    container.image = `${container.image.slice(0, container.image.lastIndexOf(':'))}:${tag}`;
    await kubernetes.replace(PATH, daemonSet);
    log.info('"kube-proxy" is now up-to-date');
    return false;
  });
}

/** Below 1.34 the image is a `-minimal-` one: `v1.23.17-eksbuild.9` → `v1.23.17-minimal-eksbuild.9` (`toMinimalVersion`). */
async function newestTag({ aws, kubernetes }: AddonUpdate): Promise<string> {
  const minor = await serverMinor(kubernetes);
  const { addons = [] } = await aws.eks.send(
    new DescribeAddonVersionsCommand({ kubernetesVersion: minor, addonName: 'kube-proxy' }),
  );
  const versions = (addons[0]?.addonVersions ?? []).flatMap(({ addonVersion }) => addonVersion ?? []);
  const newest = versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  if (newest === undefined) throw new EksctlError('no versions available for "kube-proxy"');
  return Number(minor.split('.')[1]) >= 34 ? newest : newest.replace('-', '-minimal-');
}
