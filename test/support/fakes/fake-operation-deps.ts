import type { OperationDeps } from '#src/operations/decide.ts';
import { type FakeWorld, fakeWorld } from './fake-worker-deps.ts';

export type OperationWorld = {
  world: FakeWorld;
  deps: OperationDeps;
  /** User group → members, as Slack has them at the moment. */
  groups: Record<string, string[]>;
  asked: string[];
};

/** What operations need, with user groups the test sets. */
export function operationWorld(): OperationWorld {
  const world = fakeWorld();
  const groups: Record<string, string[]> = {};
  const asked: string[] = [];
  const people = {
    groupMembers: async (group: string): Promise<string[]> => {
      asked.push(group);
      return groups[group] ?? [];
    },
  };
  const { clock, log, fleet, store, wakeUps, cloudOf } = world.deps;
  return { world, groups, asked, deps: { clock, log, fleet, mode: 'upgrade', store, wakeUps, cloudOf, people } };
}
