import { expect, it } from 'vitest';
import { withinBudget } from '#jobs/call-budget.ts';
import type { FleetCluster } from '#src/domain/fleet.ts';
import { FLEET, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';

const [pattern] = FLEET.clusters as [FleetCluster];

/** When a run looks again that wants to in 15 s, with so many clusters of the fleet in its place, and so many in hand. */
async function lookAgainMs({ clusters, inHand }: { clusters: FleetCluster[]; inHand: number }): Promise<number> {
  const { deps } = fakeWorld();
  const store = { ...deps.store, ownedClusters: async () => inHand };
  return withinBudget({ fleet: { ...FLEET, clusters }, store }, { cluster: pattern, pollMs: 15_000 });
}
const fleetOf = (size: number, changes: Partial<FleetCluster> = {}): FleetCluster[] =>
  Array.from({ length: size }, (_, index) => ({ ...pattern, name: `coast-${index}`, ...changes }));

it('lets few runs look as often as is useful', async () => {
  expect(await lookAgainMs({ clusters: fleetOf(1000), inHand: 100 })).toBe(15_000);
});

it('shares ten looks a second among many', async () => {
  expect(await lookAgainMs({ clusters: fleetOf(1000), inHand: 1000 })).toBe(100_000);
});

it('counts no more runs than there are clusters in the same account and region', async () => {
  const elsewhere = fleetOf(900, { region: 'eu-north-1' });
  expect(await lookAgainMs({ clusters: [...fleetOf(200), ...elsewhere], inHand: 1000 })).toBe(20_000);
});
