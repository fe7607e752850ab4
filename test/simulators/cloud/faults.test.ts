import { DescribeClusterCommand, UpdateClusterVersionCommand } from '@aws-sdk/client-eks';
import { afterEach, describe, expect, it } from 'vitest';
import type { CloudSimulator } from './start-cloud-simulator.ts';
import { clientsOf, startTestCloud } from './testing.ts';

let cloud: CloudSimulator;
afterEach(() => cloud.stop());

describe('faults', () => {
  it('throttle as often as told, then no more', async () => {
    cloud = await startTestCloud([{}], { faults: [{ cluster: 'coast', name: 'throttling', times: 2 }] });
    const { eks } = clientsOf(cloud);
    const ask = () => eks.send(new DescribeClusterCommand({ name: 'coast' }));
    await expect(ask()).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } });
    await expect(ask()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect((await ask()).cluster?.status).toBe('ACTIVE');
  });

  it('let somebody else upgrade the cluster', async () => {
    cloud = await startTestCloud([{}], {
      faults: [{ cluster: 'coast', name: 'update-by-someone-else' }],
      durations: { controlPlaneUpdate: 1e9 },
    });
    const { eks } = clientsOf(cloud);
    expect((await eks.send(new DescribeClusterCommand({ name: 'coast' }))).cluster?.status).toBe('UPDATING');
    const update = new UpdateClusterVersionCommand({ name: 'coast', version: '1.23', clientRequestToken: 'mine' });
    await expect(eks.send(update)).rejects.toMatchObject({ name: 'ResourceInUseException' });
    expect(cloud.effects()).toMatchObject([{ effect: 'control-plane-update-started', caller: 'other' }]);
  });
});
