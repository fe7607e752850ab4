import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

let proxy: RecordingProxy;
const hosts: string[] = [];
const aws = createServer((request, response) => {
  hosts.push(request.headers.host ?? '');
  request.resume();
  response.writeHead(418).end('as it is');
});

beforeEach(async () => {
  aws.listen(0, '127.0.0.1');
  await once(aws, 'listening');
  proxy = await startRecordingProxy(`http://127.0.0.1:${(aws.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await proxy.stop();
  aws.closeAllConnections();
  aws.close();
});

const asBot = { 'user-agent': 'aws-sdk-js/3 eks-upgrade-bot/0.1.0' };

it('writes down who asked for what about which cluster, and hands the answer on as it is', async () => {
  const answer = await fetch(`${proxy.url}/clusters/coast/updates/u?nodegroupName=x`, { headers: asBot });
  expect([answer.status, await answer.text()]).toEqual([418, 'as it is']);
  await fetch(proxy.url, {
    method: 'POST',
    body: 'Version=1&Action=DescribeStacks',
    headers: { 'user-agent': 'eksctl/0.230.0' },
  });
  expect(proxy.calls).toEqual([
    { at: expect.any(Number), caller: 'bot', operation: 'GET /clusters/coast/updates/u', cluster: 'coast' },
    { at: expect.any(Number), caller: 'eksctl', operation: 'DescribeStacks', cluster: null },
  ]);
});

it('keeps the Host header, which the signature covers', async () => {
  await fetch(`${proxy.url}/clusters/coast`, { headers: asBot });
  expect(hosts.at(-1)).toBe(new URL(proxy.url).host);
});

it('holds a call for as long as it is told to', async () => {
  const before = hosts.length;
  let release = (): void => undefined;
  proxy.intercept(
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  const answer = fetch(`${proxy.url}/clusters/coast`, { headers: asBot });
  await expect.poll(() => proxy.calls.length).toBe(1);
  expect(hosts).toHaveLength(before);
  release();
  expect((await answer).status).toBe(418);
});
