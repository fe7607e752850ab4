import { describe, expect, test } from 'vitest';
import { rolesKeptOut } from '#jobs/let-in.ts';
import { aStack, type FakeCloud, fakeCloud } from '../support/fakes/fake-cloud.ts';

const ROLE = 'arn:aws:iam::111122223333:role/eksctl-coast-nodegroup-nb-small-NodeInstanceRole-1ABC';
const NODES = { type: 'EC2_LINUX', kubernetesGroups: ['system:nodes'] };
const PEOPLE = { type: 'STANDARD', kubernetesGroups: ['viewers'] };

type Case = Pick<FakeCloud, 'mapped' | 'entries'> & { bringsAccessEntry?: boolean };

async function lacks(
  authenticationMode: FakeCloud['cluster']['authenticationMode'],
  { mapped, entries, bringsAccessEntry = false }: Case,
) {
  const cloud = fakeCloud();
  Object.assign(cloud, { mapped, entries });
  cloud.cluster.authenticationMode = authenticationMode;
  cloud.groupStacks = [aStack('nb-small', '1.22', { nodeRole: ROLE, bringsAccessEntry })];
  const keptOut = await rolesKeptOut(cloud, { cluster: 'coast', groups: ['nb-small'] });
  return keptOut.map(({ role, by }) => (role === ROLE ? by : 'another role'));
}

describe('whether nodes of a group may join is asked of what the authentication mode knows', () => {
  test.each([
    ['CONFIG_MAP', { mapped: [ROLE], entries: {} }, []],
    ['CONFIG_MAP', { mapped: [], entries: { [ROLE]: NODES } }, ['aws-auth']],
    ['CONFIG_MAP', { mapped: null, entries: {} }, ['aws-auth']],
    ['API', { mapped: [], entries: { [ROLE]: NODES } }, []],
    ['API', { mapped: [ROLE], entries: {} }, ['access-entry']],
    ['API', { mapped: [], entries: { [ROLE]: PEOPLE } }, ['access-entry']],
    ['API_AND_CONFIG_MAP', { mapped: [ROLE], entries: {} }, []],
    ['API_AND_CONFIG_MAP', { mapped: [], entries: { [ROLE]: NODES } }, []],
    ['API_AND_CONFIG_MAP', { mapped: [], entries: {} }, ['aws-auth']],
    ['API_AND_CONFIG_MAP', { mapped: [], entries: {}, bringsAccessEntry: true }, ['access-entry']],
    ['API_AND_CONFIG_MAP', { mapped: [ROLE], entries: { [ROLE]: PEOPLE } }, ['aws-auth']],
  ] as const)('%s: %j', async (mode, given, expected) => {
    expect(await lacks(mode, given as Case)).toEqual(expected);
  });
});
