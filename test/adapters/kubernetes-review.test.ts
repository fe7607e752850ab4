import { expect, test } from 'vitest';
import { createKubernetes } from '#src/adapters/kubernetes.ts';
import type { KubernetesApis } from '#src/adapters/kubernetes-client.ts';
import type { KubernetesConnection } from '#src/adapters/kubernetes-connection.ts';
import type { AccessWish } from '#src/ports/kubernetes.ts';

/** An API server that answers access reviews by `allows`, and keeps what it was asked. */
function reviewing(allows: (wish: AccessWish) => boolean) {
  const asked: AccessWish[] = [];
  const authorization = {
    createSelfSubjectAccessReview: async ({ body }: { body: { spec: { resourceAttributes: AccessWish } } }) => {
      asked.push(body.spec.resourceAttributes);
      return { status: { allowed: allows(body.spec.resourceAttributes) } };
    },
  };
  const connection = {
    use: (_: string, call: (apis: KubernetesApis) => Promise<unknown>) =>
      call({ authorization } as unknown as KubernetesApis),
    close: () => {},
  } as KubernetesConnection;
  return { kubernetes: createKubernetes(connection), asked };
}

const LIST_NODES = { verb: 'list', group: '', resource: 'nodes' };
const PATCH_AWS_NODE = {
  verb: 'patch',
  group: 'apps',
  resource: 'daemonsets',
  namespace: 'kube-system',
  name: 'aws-node',
};
const EVICT = { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' };

test('each wish is asked as it is, with namespace, name and subresource', async () => {
  const { kubernetes, asked } = reviewing(() => true);
  expect(await kubernetes.reviewAccess([LIST_NODES, PATCH_AWS_NODE, EVICT])).toEqual({ kind: 'allowed' });
  expect(asked).toEqual([LIST_NODES, PATCH_AWS_NODE, EVICT]);
});

test('all missing rights are named, not only the first', async () => {
  const { kubernetes } = reviewing(({ verb }) => verb === 'patch');
  expect(await kubernetes.reviewAccess([LIST_NODES, PATCH_AWS_NODE, EVICT])).toEqual({
    kind: 'denied',
    missing: [LIST_NODES, EVICT],
  });
});
