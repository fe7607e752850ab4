import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EKSClient, ListClustersCommand, UpdateClusterVersionCommand } from '@aws-sdk/client-eks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { programFile } from '#test/support/programs.ts';
import { clockFromNow } from '../clock.ts';
import type { CloudOptions } from './options.ts';
import { ACCOUNT, admin, coast } from './testing.ts';

let folder: string;
let child: ChildProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloud-simulator-'));
});

afterEach(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

type Ready = { awsUrl: string; controlUrl: string; environment: Record<string, string> };

async function start(options: CloudOptions): Promise<Ready> {
  child = spawn(process.execPath, [programFile('cloud'), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no stdout');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return JSON.parse(line) as Ready;
}

function eksOf({ awsUrl, environment }: Ready, customUserAgent: string): EKSClient {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment;
  return new EKSClient({
    endpoint: awsUrl,
    region: 'us-west-2',
    credentials: { accessKeyId, secretAccessKey },
    customUserAgent,
  });
}

async function control(url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  return response.json();
}

describe('the simulator as a process', () => {
  it('prints where it listens, keeps effects in its file, counts calls by caller, and ends with its stdin', async () => {
    const effectsLog = join(folder, 'effects.jsonl');
    const ready = await start({
      clock: clockFromNow(60),
      worlds: [{ config: coast, account: ACCOUNT }],
      principals: [admin],
      effectsLog,
    });
    await eksOf(ready, 'eks-upgrade-bot/1.0').send(new UpdateClusterVersionCommand({ name: 'coast', version: '1.23' }));
    expect((await eksOf(ready, 'eksctl/0.231.0').send(new ListClustersCommand({}))).clusters).toEqual(['coast']);
    const [effect] = (await readFile(effectsLog, 'utf8')).trim().split('\n');
    expect(JSON.parse(effect ?? '')).toMatchObject({
      effect: 'control-plane-update-started',
      caller: 'bot',
      to: '1.23',
    });
    expect(await control(`${ready.controlUrl}/effects`)).toEqual([JSON.parse(effect ?? '')]);
    expect(await control(`${ready.controlUrl}/calls`)).toMatchObject([
      { caller: 'bot', service: 'eks', operation: 'UpdateClusterVersion', count: 1 },
      { caller: 'eksctl', service: 'eks', operation: 'ListClusters', count: 1 },
    ]);
    const ended = once(child, 'exit');
    child.stdin?.end();
    expect(await ended).toEqual([0, null]);
  });

  it('tells the state and takes faults and activity over the control API', async () => {
    const ready = await start({ clock: clockFromNow(60), worlds: [{ config: coast, account: ACCOUNT }] });
    await control(`${ready.controlUrl}/activity`, { cluster: 'coast', count: 3 });
    expect(await control(`${ready.controlUrl}/state?cluster=coast`)).toMatchObject({
      version: '1.22',
      activity: 3,
      nodeGroups: [
        { name: 'core-a', kind: 'self-managed', version: '1.22', nodes: 1, stackStatus: 'CREATE_COMPLETE' },
        { name: 'nb-m5-large', nodes: 1 },
        { name: 'dask-m5-large', nodes: 0, version: '1.22' },
      ],
      addons: [
        { name: 'coredns', version: '1.8' },
        { name: 'kube-proxy', version: '1.22' },
        { name: 'vpc-cni', version: '1.11' },
      ],
    });
    const fault = { cluster: 'coast', name: 'throttling', times: 1 };
    expect(await control(`${ready.controlUrl}/faults`, fault)).toEqual([fault]);
    expect(await control(`${ready.controlUrl}/faults`, { ...fault, on: false })).toEqual([]);
    expect(await control(`${ready.controlUrl}/faults`, { ...fault, name: 'earthquake' })).toMatchObject({
      error: expect.stringContaining('no fault earthquake: choose one of update-fails'),
    });
  });
});
