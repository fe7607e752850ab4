import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type SimulatedWorld, simulatedCloud } from '#test/contract/simulated-cloud.ts';

/** Needs no right, or is the right to take on a role, which is not the role's own. */
const WITHOUT_RIGHT = ['sts:GetCallerIdentity', 'sts:AssumeRole'];

/** Checked by AWS inside another call: see docs/iam.md. */
const INSIDE_OTHERS = ['cloudformation:ListStacks', 'iam:PassRole'];

const policy = z.object({
  Statement: z.array(
    z.object({
      Effect: z.literal('Allow'),
      Action: z.union([z.string().transform((action) => [action]), z.array(z.string())]),
    }),
  ),
});

let world: SimulatedWorld;

beforeEach(async () => {
  world = await simulatedCloud();
});
afterEach(() => world.close());

async function actionsIn(file: string): Promise<string[]> {
  const text = await readFile(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
  return policy.parse(JSON.parse(text)).Statement.flatMap(({ Action }) => Action);
}

/** Everything the adapters can ask of AWS. */
async function useEverything(): Promise<void> {
  const { identity, eks, stacks } = world.cloudOf(world.harbor);
  await identity.callerIdentity();
  await eks.describeCluster('harbor');
  await eks.offeredVersions();
  await eks.managedNodeGroups('harbor');
  await eks.listAddons('harbor');
  await eks.offeredAddonVersions('coredns', '1.33');
  await eks.updateAddon({
    cluster: 'harbor',
    addon: 'coredns',
    version: (await eks.describeAddon('harbor', 'coredns'))?.version ?? '',
    token: 'a',
  });
  await eks.updateClusterVersion({ cluster: 'harbor', version: '1.34', token: 'b' });
  await eks.updatesInProgress('harbor');
  await eks
    .updateNodegroupVersion({ cluster: 'harbor', nodeGroup: 'workers', version: '1.33', token: 'c' })
    .catch(() => undefined);
  await stacks.list('harbor');
  await stacks.failureReasons('eksctl-harbor-nodegroup-workers');
  await world.cloudOf(world.coast).stacks.list('coast');
}

test('the policy we ship allows every call the bot makes, and nothing it does not make', async () => {
  await useEverything();
  const used = world.simulator.calls().map(({ service, operation }) => `${service}:${operation}`);
  const needed = [...new Set([...used, ...INSIDE_OTHERS])].filter((action) => !WITHOUT_RIGHT.includes(action));
  expect((await actionsIn('iam-policy.json')).sort()).toEqual(needed.sort());
});

test('eksctl’s policy names actions one by one', async () => {
  const actions = await actionsIn('iam-policy-eksctl.json');
  expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  expect(new Set(actions).size).toBe(actions.length);
});
