import { describe, expect } from 'vitest';
import { managed } from '../support/scenario-clusters.ts';
import { scenario } from '../support/scenario-world.ts';

describe('somebody asks for an upgrade', () => {
  scenario.concurrent(
    'and is answered in private: help, what was not understood, what is possible instead',
    async ({ startWorld }) => {
      const world = await startWorld({ clusters: [managed('harbor', { version: '1.33' })], worker: 'none' });

      expect(await world.types('robin', '/eks-upgrade help')).toContain(
        '`/eks-upgrade <cluster> <version>` asks for an upgrade'.replace(
          '<cluster> <version>',
          '&lt;cluster&gt; &lt;version&gt;',
        ),
      );
      expect(await world.types('maya', '/eks-upgrade harbor')).toMatch(/^I did not understand "harbor"/);
      expect(await world.types('maya', '/eks-upgrade harbour 1.34')).toMatch(
        /no cluster "harbour" in the fleet: did you mean harbor\?/,
      );
      expect(await world.types('maya', '/eks-upgrade harbor 1.99')).toMatch(
        /does not offer 1\.99: harbor can go to 1\.34, 1\.35, 1\.36/,
      );
      expect(await world.types('maya', '/eks-upgrade harbor 1.32')).toMatch(/1\.32 is not an upgrade/);
      expect(await world.types('maya', '/eks-upgrade harbor newest')).toMatch(
        /"newest" is not a version like 1\.34: harbor can go to/,
      );
      expect(await world.types('maya', '/eks-upgrade harbor <!channel>')).not.toContain('<!channel>');
      expect(await world.types('robin', '/eks-upgrade harbor 1.34')).toMatch(/[Yy]ou are not among the requesters/);
      expect(await world.types('maya', '/eks-upgrade status')).toBe('No upgrade is under way.');

      expect(world.messages(), 'nothing of this is for the channel').toEqual([]);
    },
  );

  scenario.concurrent(
    'and there is nothing to do, or the plan may not run, or somebody asked before',
    async ({ startWorld }) => {
      const world = await startWorld({
        clusters: [
          managed('harbor', { version: '1.33' }),
          managed('lagoon', { version: '1.36' }),
          managed('reef', { version: 'auto', seed: { version: '1.33' } }),
        ],
      });
      await Promise.all([
        world.types('maya', '/eks-upgrade harbor 1.34'),
        world.types('maya', '/eks-upgrade lagoon 1.36'),
        world.types('maya', '/eks-upgrade reef 1.34'),
      ]);

      await world.comesTo('nothing-to-do', 'lagoon');
      expect(world.text('card', 'lagoon')).toMatch(/^lagoon is at 1\.36 already: there is nothing to upgrade\./);
      await world.comesTo('refused', 'reef');
      expect(world.text('card', 'reef')).toContain('refused');
      expect(world.content('card', 'reef')).toContain('which is not a Kubernetes version 1.N');
      expect(world.buttons('reef').concat(world.buttons('lagoon'))).toEqual([]);

      const first = await world.comesTo('awaiting-approval', 'harbor');
      const answer = await world.types('sam', '/eks-upgrade harbor 1.35');
      expect(answer).toMatch(/^There is one upgrade of a cluster at a time, and harbor has one already\./);
      expect(answer).toMatch(/<http[^|]+\|See its card>/);
      expect((await world.run('harbor')).id).toBe(first.id);
      expect(await world.types('robin', '/eks-upgrade status')).toMatch(
        /^• The upgrade of harbor from 1\.33 to 1\.34 waits for approval\./,
      );

      expect(
        ['harbor', 'lagoon', 'reef'].flatMap((name) => world.changes(name)),
        'nobody approved anything',
      ).toEqual([]);
      expect(world.doubled()).toEqual([]);
    },
  );
});
