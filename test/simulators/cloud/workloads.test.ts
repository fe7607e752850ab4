import { DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { UpdateClusterVersionCommand } from '@aws-sdk/client-eks';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import { listAt, numberAt, textAt } from './json.ts';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import { clientsOf, type Kube, kubeOf, startTestCloud, until } from './testing.ts';

let cloud: CloudSimulator;
afterEach(() => cloud.stop());

const HUB = '/apis/apps/v1/namespaces/prod/deployments/hub';

async function list(kube: Kube, plural: string): Promise<JsonObject[]> {
  return listAt((await kube('GET', `/apis/apps/v1/${plural}`)).body, 'items') as JsonObject[];
}

const nameOf = ({ metadata }: JsonObject): string =>
  `${textAt(metadata, 'namespace') ?? ''}/${textAt(metadata, 'name') ?? ''}`;

const hubReady = async (kube: Kube): Promise<number> =>
  numberAt((await kube('GET', HUB)).body, 'status', 'availableReplicas') ?? -1;

describe('workloads of the team', () => {
  it('are listed over all namespaces beside those of EKS, ready as long as nothing happens', async () => {
    cloud = await startTestCloud();
    const kube = await kubeOf(cloud);
    const deployments = await list(kube, 'deployments');
    expect(deployments.map(nameOf).sort()).toEqual([
      'kube-system/cluster-autoscaler',
      'kube-system/coredns',
      'prod/hub',
      'prod/proxy',
    ]);
    const [placeholder, prometheus] = (await list(kube, 'statefulsets')).toSorted((a, b) =>
      nameOf(a).localeCompare(nameOf(b)),
    );
    expect(placeholder).toMatchObject({ spec: { replicas: 0 }, status: { readyReplicas: 0 } });
    expect(prometheus).toMatchObject({ spec: { replicas: 1 }, status: { readyReplicas: 1, availableReplicas: 1 } });
    expect((await list(kube, 'daemonsets')).map(nameOf)).toContain('support/node-exporter');
    expect(await hubReady(kube)).toBe(1);
  });

  it('are away when their node goes, until their pods have started on the next one', async () => {
    cloud = await startTestCloud();
    const kube = await kubeOf(cloud);
    await clientsOf(cloud).cloudformation.send(new DeleteStackCommand({ StackName: 'eksctl-coast-nodegroup-core-a' }));
    await until(
      'the hub to be away',
      () => hubReady(kube),
      (ready) => ready === 0,
    );
    const pods = listAt((await kube('GET', '/api/v1/pods?labelSelector=app.kubernetes.io/name%3Dhub')).body, 'items');
    expect(pods).toMatchObject([{ status: { phase: 'Pending' } }]);
  });

  it('that do not stand the new version stay away from the hop on, until the fault is off', async () => {
    cloud = await startTestCloud([{}], { faults: [{ cluster: 'coast', name: 'workload-stays-away' }] });
    const kube = await kubeOf(cloud);
    expect(await hubReady(kube)).toBe(1);
    await clientsOf(cloud).eks.send(new UpdateClusterVersionCommand({ name: 'coast', version: '1.23' }));
    await until(
      'the hub to be away',
      () => hubReady(kube),
      (ready) => ready === 0,
    );
    cloud.setFault({ cluster: 'coast', name: 'workload-stays-away' }, false);
    expect(await hubReady(kube)).toBe(1);
  });

  it('are gone when their owner deletes them', async () => {
    cloud = await startTestCloud();
    const kube = await kubeOf(cloud);
    cloud.setFault({ cluster: 'coast', name: 'workload-deleted-by-hand', workload: 'prod/proxy' });
    expect((await list(kube, 'deployments')).map(nameOf)).not.toContain('prod/proxy');
    expect(cloud.effects()).toMatchObject([{ effect: 'object-deleted', caller: 'other' }]);
  });
});
