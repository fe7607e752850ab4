import type { V1DaemonSet, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { daemonSetRollout, deploymentRollout, podProblems } from '#src/adapters/kubernetes-rollout.ts';

describe('a DaemonSet', () => {
  function daemonSet(status: Partial<V1DaemonSet['status']>, generation = 2): V1DaemonSet {
    return {
      metadata: { generation },
      status: { observedGeneration: 2, desiredNumberScheduled: 5, ...status },
    } as V1DaemonSet;
  }

  test.each([
    ['all updated and available', { updatedNumberScheduled: 5, numberAvailable: 5 }, true, '5 of 5 pods updated'],
    ['not all updated', { updatedNumberScheduled: 3, numberAvailable: 3 }, false, '3 of 5 pods updated, 2 unavailable'],
    [
      'updated, not all available',
      { updatedNumberScheduled: 5, numberAvailable: 4 },
      false,
      '5 of 5 pods updated, 1 unavailable',
    ],
    ['nothing reported yet', {}, false, '0 of 5 pods updated, 5 unavailable'],
    ['no nodes', { desiredNumberScheduled: 0 }, true, '0 of 0 pods updated'],
  ])('%s', (_, status, rolledOut, progress) => {
    expect(daemonSetRollout(daemonSet(status))).toEqual({ rolledOut, progress });
  });

  test('numbers that belong to the template before the change prove nothing', () => {
    const before = daemonSet({ updatedNumberScheduled: 5, numberAvailable: 5 }, 3);
    expect(daemonSetRollout(before)).toEqual({ rolledOut: false, progress: 'the change is not observed yet' });
  });

  test('with the update strategy OnDelete it says what it waits for', () => {
    const set = Object.assign(daemonSet({ updatedNumberScheduled: 0, numberAvailable: 5 }), {
      spec: { updateStrategy: { type: 'OnDelete' } },
    });
    expect(daemonSetRollout(set).progress).toContain('each pod waits to be deleted');
  });
});

describe('a Deployment', () => {
  function deployment(
    status: Partial<V1Deployment['status']>,
    replicas: number | undefined = 2,
    generation = 2,
  ): V1Deployment {
    return {
      metadata: { generation },
      spec: { replicas },
      status: { observedGeneration: 2, ...status },
    } as V1Deployment;
  }

  test.each([
    [
      'all updated and available',
      { replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
      true,
      '2 of 2 pods updated',
    ],
    [
      'not all updated',
      { replicas: 2, updatedReplicas: 1, availableReplicas: 2 },
      false,
      '1 of 2 pods updated, 1 old to go',
    ],
    [
      'old ones still there',
      { replicas: 3, updatedReplicas: 2, availableReplicas: 3 },
      false,
      '2 of 2 pods updated, 1 old to go',
    ],
    [
      'not all available',
      { replicas: 2, updatedReplicas: 2, availableReplicas: 1 },
      false,
      '2 of 2 pods updated, 1 unavailable',
    ],
  ])('%s', (_, status, rolledOut, progress) => {
    expect(deploymentRollout(deployment(status))).toEqual({ rolledOut, progress });
  });

  test('a change that is not observed yet is not rolled out', () => {
    expect(
      deploymentRollout(deployment({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, 2, 3)).rolledOut,
    ).toBe(false);
  });

  test('past its progress deadline it is not rolled out, and says so', () => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];
    const late = deployment({ replicas: 2, updatedReplicas: 2, availableReplicas: 2, conditions });
    expect(deploymentRollout(late)).toEqual({
      rolledOut: false,
      progress: '2 of 2 pods updated, progress deadline exceeded',
    });
  });

  test('scaled to zero it is rolled out', () => {
    expect(deploymentRollout(deployment({}, 0)).rolledOut).toBe(true);
  });
});

describe('problems of pods', () => {
  function pod(...waiting: ({ reason?: string; message?: string } | undefined)[]): V1Pod {
    return {
      status: {
        containerStatuses: waiting.map((state) => ({
          state: state === undefined ? { running: {} } : { waiting: state },
        })),
      },
    } as unknown as V1Pod;
  }

  test('each reason once, whatever pod it is of', () => {
    const message = (name: string) =>
      `container has runAsNonRoot and image will run as root (pod: "${name}_kube-system(1)", container: aws-node)`;
    const pods = ['aws-node-1', 'aws-node-2'].map((name) =>
      pod({ reason: 'CreateContainerConfigError', message: message(name) }),
    );
    expect(podProblems(pods)).toEqual([
      'CreateContainerConfigError: container has runAsNonRoot and image will run as root',
    ]);
  });

  test('containers that are merely starting, or running, are no problem', () => {
    expect(podProblems([pod({ reason: 'ContainerCreating' }, { reason: 'PodInitializing' }, undefined), {}])).toEqual(
      [],
    );
  });

  test('a container that waits before the others is looked at, too', () => {
    const init = {
      status: { initContainerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] },
    } as V1Pod;
    expect(podProblems([init])).toEqual(['ImagePullBackOff']);
  });
});
