import type { V1Node } from '@kubernetes/client-node';
import { TransientError } from '#src/domain/errors.ts';
import { PHASE_OUT } from '#src/domain/observation.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { isConflict, isNotFound } from './kubernetes-errors.ts';

const TRIES = 5;

/**
 * The taints of a node are one list that a patch replaces whole, whatever kind of patch it is: the field has no merge
 * key. So the list goes with the resourceVersion it was read with, as in Kubernetes' own controllers, and a node that
 * somebody else changed in between (its controller does, each time it becomes Ready) is read again.
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/controller_utils.go (PatchNodeTaints)
 */
export async function setPhaseOut(connection: KubernetesConnection, name: string, on: boolean): Promise<void> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const node = await readNode(connection, name);
    const taints = node?.spec?.taints ?? [];
    if (node === null || taints.some(isOurs) === on) return;
    const wanted = on ? [...taints, PHASE_OUT] : taints.filter((taint) => !isOurs(taint));
    const body = { metadata: { resourceVersion: node.metadata?.resourceVersion }, spec: { taints: wanted } };
    if (await patchNode(connection, name, body)) return;
  }
  throw new TransientError('KubernetesBusy', `node ${name} was changed by others ${TRIES} times in a row`);
}

function isOurs({ key }: { key: string }): boolean {
  return key === PHASE_OUT.key;
}

function readNode({ use }: KubernetesConnection, name: string): Promise<V1Node | null> {
  return use<V1Node | null>(
    `get node ${name}`,
    ({ core }) => core.readNode({ name }),
    (error) => (isNotFound(error) ? null : undefined),
  );
}

/** false: somebody else changed it since it was read. A node that is gone needs no patch. */
function patchNode({ use }: KubernetesConnection, name: string, body: object): Promise<boolean> {
  return use<boolean>(
    `patch node ${name}`,
    async ({ core }) => {
      const { PatchStrategy, setHeaderOptions } = await import('@kubernetes/client-node');
      await core.patchNode({ name, body }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
      return true;
    },
    (error) => (isConflict(error) ? false : isNotFound(error) ? true : undefined),
  );
}
