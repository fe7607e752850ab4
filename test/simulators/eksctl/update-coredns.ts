import { corednsManifests } from '../addon-manifests.ts';
import { KUBE_SYSTEM_APPS, registryOf, replaceObjects, tagOf, updateAddon, type Workload } from './addon.ts';
import { type Invocation, serverMinor } from './command.ts';
import { EksctlError } from './eksctl-error.ts';
import embedded from './embedded-versions.json' with { type: 'json' };

const PATH = `${KUBE_SYSTEM_APPS}/deployments/coredns`;

/**
 * `eksctl utils update-coredns` (pkg/addons/default/coredns.go): all objects of the manifest embedded for the API server's
 * minor; Corefile, replicas and tolerations set by hand are lost, and annotations of the ServiceAccount. Below 1.23, where today's eksctl has none, it is that of the
 * minor's era (embedded-versions.json).
 */
export function updateCoredns(invocation: Invocation): Promise<void> {
  return updateAddon(invocation, 'coredns', async (command) => {
    const { kubernetes, log } = command;
    const current = (await kubernetes.find(PATH)) as Workload | null;
    if (current === null) {
      log.warning('"coredns" was not found');
      return false;
    }
    const tag = embeddedTag(await serverMinor(kubernetes));
    const isUpToDate = tagOf(current.spec.template.spec.containers[0]?.image ?? '') === tag;
    const manifests = corednsManifests(`${registryOf(command)}/eks/coredns:${tag}`);
    return await replaceObjects(command, manifests, { name: 'coredns', isUpToDate });
  });
}

function embeddedTag(minor: string): string {
  const tag = Object.entries(embedded.coredns).find(([known]) => known === minor)?.[1];
  // The words of Go's embed.FS.
  if (tag === undefined) throw new EksctlError(`open assets/coredns-${minor}.json: file does not exist`);
  return tag;
}
