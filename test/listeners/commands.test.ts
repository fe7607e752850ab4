import { describe, expect, it } from 'vitest';
import { InternalError, RefusedError, TransientError, UserError } from '#src/domain/errors.ts';
import type { SlackSimulator } from '#test/simulators/slack/simulator.ts';
import { MAYA, NOTICES } from '#test/simulators/slack/support.ts';
import { aRun } from '#test/support/builders.ts';
import { listenerWorld } from './listener-world.ts';

/** Types a command and returns what the person is told. */
async function type(slack: SlackSimulator, text: string): Promise<string> {
  const before = slack.ephemerals(MAYA).length;
  expect(await slack.slash({ user: MAYA, channel: '#general', text })).toMatchObject({ kind: 'acked' });
  return (await slack.waitFor(() => slack.ephemerals(MAYA)[before])).text;
}

describe('/eks-upgrade <cluster> <version>', () => {
  it('asks for the upgrade and says where the card comes', async () => {
    const { slack, calls } = await listenerWorld();
    expect(await type(slack, '/eks-upgrade coast 1.24')).toBe(
      `The upgrade of coast to 1.24 is being planned. Nothing is changed before the plan is approved. The card is coming up in <#${NOTICES}>.`,
    );
    expect(calls).toEqual([{ operation: 'requestUpgrade', request: { cluster: 'coast', version: '1.24', by: MAYA } }]);
  });

  it('names the upgrade that holds the cluster, with its card', async () => {
    const { slack } = await listenerWorld(
      { requestUpgrade: async () => ({ kind: 'held', holder: aRun('running') }) },
      { cardLink: async (runId) => `https://local.slack.com/archives/${runId}` },
    );
    expect(await type(slack, '/eks-upgrade coast 1.24')).toBe(
      'There is one upgrade of a cluster at a time, and coast has one already. The upgrade of coast from 1.22 to 1.24 is running: step 3 of 11, control plane 1.22 → 1.23. <https://local.slack.com/archives/r-coast-7k2m|See its card>.',
    );
  });

  it('acks before the operation has answered', async () => {
    let answer: (() => void) | undefined;
    const { slack } = await listenerWorld({
      requestUpgrade: () =>
        new Promise((resolve) => {
          answer = () => resolve({ kind: 'planning', run: aRun('planning') });
        }),
    });
    expect(await slack.slash({ user: MAYA, channel: '#general', text: '/eks-upgrade coast 1.24' })).toMatchObject({
      kind: 'acked',
    });
    expect(slack.ephemerals(MAYA)).toEqual([]);
    (await slack.waitFor(() => answer))();
    await slack.waitFor(() => slack.ephemerals(MAYA).length === 1);
  });
});

describe('errors are told to the person who typed, and to nobody else', () => {
  it.each([
    [
      new UserError('UnknownCluster', 'there is no cluster "cost" in the fleet; did you mean coast'),
      'There is no cluster "cost" in the fleet; did you mean coast.',
    ],
    [
      new RefusedError('NotARequester', 'you may not ask for upgrades: ask <somebody> of the fleet file'),
      'You may not ask for upgrades: ask &lt;somebody&gt; of the fleet file.',
    ],
    [
      new TransientError('RedisAway', 'redis does not answer'),
      'That did not work just now: Redis does not answer. Please try again in a minute.',
    ],
  ])('%s', async (error, said) => {
    const { slack } = await listenerWorld({ requestUpgrade: () => Promise.reject(error) });
    expect(await type(slack, '/eks-upgrade cost 1.24')).toBe(said);
    expect(slack.messages(NOTICES)).toEqual([]);
  });

  it.each([new InternalError('StoredRunUnreadable', 'secret inner workings'), new Error('boom')])(
    'our own bug gets a reference that stands in the log: %s',
    async (error) => {
      const { slack, lines } = await listenerWorld({ status: () => Promise.reject(error) });
      const said = await type(slack, '/eks-upgrade status');
      const reference = /`([0-9a-f]{8})`/.exec(said)?.[1];
      expect(said).toContain('it is a mistake of the bot, not yours');
      expect(said).not.toMatch(/secret|boom/);
      expect(lines).toContainEqual({
        level: 'error',
        message: 'a listener failed',
        fields: expect.objectContaining({ reference, err: error }),
      });
    },
  );
});

describe('/eks-upgrade status and help', () => {
  it('lists what is under way, with cards', async () => {
    const { slack, calls } = await listenerWorld(
      { status: async () => [aRun('waiting'), aRun('stopped')] },
      { cardLink: async () => 'https://local.slack.com/card' },
    );
    const said = await type(slack, '/eks-upgrade status');
    expect(said.split('\n')).toEqual([
      expect.stringMatching(
        /^• The upgrade of coast from 1\.22 to 1\.24 is waiting for a decision since .* <https:\/\/local\.slack\.com\/card\|Card>$/,
      ),
      '• The upgrade of coast from 1.22 to 1.24 is stopped: the step "control plane 1.22 → 1.23" failed. <https://local.slack.com/card|Card>',
    ]);
    expect(calls).toEqual([{ operation: 'status', request: null }]);
  });

  it('says so when there is nothing to show', async () => {
    const { slack } = await listenerWorld();
    expect(await type(slack, '/eks-upgrade status')).toBe('No upgrade is under way.');
    expect(await type(slack, '/eks-upgrade status coast')).toBe('No upgrade of coast has been asked for yet.');
  });

  it('helps, and names what it did not understand', async () => {
    const { slack, calls } = await listenerWorld();
    expect(await type(slack, '/eks-upgrade help')).toMatch(
      /^• `\/eks-upgrade &lt;cluster&gt; &lt;version&gt;` asks for an upgrade/,
    );
    expect(await type(slack, '/eks-upgrade coast')).toMatch(
      /^I did not understand "coast": an upgrade needs a cluster and a version\. This is what I understand:\n/,
    );
    expect(calls).toEqual([]);
  });
});

it('acks and leaves what comes from another workspace', async () => {
  const { slack, calls, lines } = await listenerWorld(
    {},
    { fleet: { teamId: 'T0ANOTHER', maintenanceChannel: NOTICES } },
  );
  expect(await slack.slash({ user: MAYA, channel: '#general', text: '/eks-upgrade coast 1.24' })).toMatchObject({
    kind: 'acked',
  });
  expect(calls).toEqual([]);
  expect(slack.ephemerals(MAYA)).toEqual([]);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'warn', message: 'ignored an event of another workspace' }),
  );
});
