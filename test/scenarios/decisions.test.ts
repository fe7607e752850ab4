import { describe, expect } from 'vitest';
import { managed } from '../support/scenario-clusters.ts';
import { scenario } from '../support/scenario-world.ts';

const harbor = managed('harbor', { version: '1.33' });

describe('a plan waits for a decision', () => {
  scenario.concurrent(
    'which the requester cannot take, nor a stranger; who rejects it is named',
    async ({ startWorld }) => {
      const world = await startWorld({ clusters: [harbor] });
      await world.types('maya', '/eks-upgrade harbor 1.34');
      await world.comesTo('awaiting-approval');
      expect(world.buttons()).toEqual(['Approve', 'Reject']);
      expect(world.content('card')).toContain('node groups: update core, nb-small to 1.34');

      await world.presses('maya', 'Approve');
      await world.isTold('maya', /You asked for this upgrade yourself: another approver has to approve it/);
      await world.presses('robin', 'Approve');
      await world.isTold('robin', /You are not among the approvers/);
      await world.presses('robin', 'Reject');
      expect((await world.run()).state.kind).toBe('awaiting-approval');

      await world.presses('sam', 'Reject');
      await world.comesTo('rejected');
      expect(world.buttons()).toEqual([]);
      expect(world.text('card')).toContain('was rejected by <@U0SAM0000>');

      await world.types('maya', '/eks-upgrade harbor 1.34');
      await world.comesTo('awaiting-approval');
      await world.presses('maya', 'Reject');
      await world.comesTo('withdrawn');
      expect(world.text('card')).toContain('was withdrawn by <@U0MAYA000>');
      expect(world.buttons()).toEqual([]);
      expect(world.changes()).toEqual([]);
      expect(world.notices()).toEqual([]);
    },
  );

  scenario.concurrent('and expires when nobody decides for a day', async ({ startWorld }) => {
    const world = await startWorld({ clusters: [harbor], speed: 50_000 });
    await world.types('maya', '/eks-upgrade harbor 1.34');
    await world.comesTo('expired');
    expect(world.text('card')).toContain('has expired: nobody decided in time');
    expect(world.buttons()).toEqual([]);
    expect(world.changes()).toEqual([]);
  });

  scenario.concurrent(
    'and is asked for again when the cluster is another one by then; of two decisions the first that arrives counts',
    async ({ startWorld }) => {
      const world = await startWorld({ clusters: [harbor], durations: {} });
      await world.types('maya', '/eks-upgrade harbor 1.34');
      await world.comesTo('awaiting-approval');
      const withoutGroup = harbor.source.slice(0, harbor.source.indexOf('  - name: nb-small'));
      await world.remote.commit(harbor.file, withoutGroup);

      await world.presses('sam', 'Approve');
      await world.eventually(async () => (await world.run()).supersededPlan !== null);
      const asked = await world.comesTo('awaiting-approval');
      expect(asked.approval).toBeNull();
      expect(world.content('card')).toContain('update core to 1.34');
      expect(
        world.messages().filter(({ text }) => text.includes('The earlier plan for harbor no longer counts')),
      ).toHaveLength(1);
      expect(world.changes(), 'nothing was changed on the strength of the old approval').toEqual([]);

      world.slack.addFault({ kind: 'late-envelope', delayMs: 2000 });
      const late = world.presses('sam', 'Reject');
      world.slack.addFault({ kind: 'duplicate-envelope' });
      await world.presses('sam', 'Approve');
      await late;
      await world.isTold('sam', /<@U0SAM0000> has approved this plan already/);
      await world.comesTo('succeeded');
      expect(world.changes()).toEqual(['control plane 1.33 → 1.34', 'add-on kube-proxy', 'update core to 1.34']);
      expect(world.doubled()).toEqual([]);
    },
  );
});
