import { describe, expect, it, test } from 'vitest';
import type { KubernetesConnection } from '#src/adapters/kubernetes-connection.ts';
import { evict, evictionVersionOf } from '#src/adapters/kubernetes-eviction.ts';
import { aPod } from '#test/support/fakes/fake-cloud.ts';

const hub = aPod('prod/hub', 'old');

/** An API server that answers every call so, and what it was asked. */
function answering(answer: () => unknown): { connection: KubernetesConnection; asked: unknown[] } {
  const asked: unknown[] = [];
  const core = new Proxy(
    {},
    {
      get: () => async (request: unknown) => {
        asked.push(request);
        return answer();
      },
    },
  );
  const use: KubernetesConnection['use'] = async (_operation, call, asValue) => {
    try {
      return await call({ core } as Parameters<typeof call>[0]);
    } catch (error) {
      const value = asValue?.(error);
      if (value === undefined) throw error;
      return value;
    }
  };
  return { connection: { use, close: () => undefined }, asked };
}

/** As client-node throws it. */
function refused(code: number, status: object): () => never {
  return () => {
    throw Object.assign(new Error(`HTTP-Code: ${code}`), { code, body: JSON.stringify(status) });
  };
}

const budgetCause = { message: 'Cannot evict pod', details: { causes: [{ reason: 'DisruptionBudget' }] } };

describe('an eviction', () => {
  it('names the pod by its uid, and says nothing of a grace: it keeps its own', async () => {
    const { connection, asked } = answering(() => ({}));
    expect(await evict(connection, hub, 'v1')).toEqual({ kind: 'accepted' });
    expect(asked).toEqual([
      {
        name: hub.name,
        namespace: 'prod',
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: hub.name, namespace: 'prod' },
          deleteOptions: { preconditions: { uid: 'uid-of-hub' } },
        },
      },
    ]);
  });

  test.each([
    ['the pod is gone', 404, { message: 'pods "hub" not found' }, 'gone'],
    ['another pod has its name by now', 409, { message: 'Precondition failed: UID' }, 'gone'],
    ['its budget lets none go now', 429, budgetCause, 'held'],
    [
      'it has two budgets',
      500,
      { message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.' },
      'several-budgets',
    ],
  ])('%s', async (_, code, status, kind) => {
    expect(await evict(answering(refused(code, status)).connection, hub, 'v1')).toEqual({ kind });
  });

  test.each([
    ['a server that is busy', 429, { message: 'Too many requests, please try again later.' }],
    ['a server that fails', 500, { message: 'etcdserver: leader changed' }],
    ['a right that is missing', 403, { message: 'pods/eviction is forbidden' }],
  ])('%s is an error, and nothing the budget said', async (_, code, status) => {
    await expect(evict(answering(refused(code, status)).connection, hub, 'v1')).rejects.toMatchObject({ code });
  });
});

describe('the version of the eviction', () => {
  it('is what the server knows: policy/v1beta1 below 1.22, and asked again after each hop until it is v1', async () => {
    let resources = [{ name: 'pods/eviction', version: 'v1beta1' }];
    const { connection, asked } = answering(() => ({ resources }));
    const versionOf = evictionVersionOf(connection);
    expect([await versionOf(), await versionOf()]).toEqual(['v1beta1', 'v1beta1']);
    resources = [{ name: 'pods/eviction', version: 'v1' }];
    expect([await versionOf(), await versionOf()]).toEqual(['v1', 'v1']);
    expect(asked).toHaveLength(3);
  });
});
