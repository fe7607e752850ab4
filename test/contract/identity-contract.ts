import { afterEach, beforeEach, expect, test } from 'vitest';
import { ACCOUNT, type CloudWorld, type MakeWorld } from './cloud-world.ts';

/** What every `Identity` must do, whoever is behind it. */
export function describeIdentityContract(makeWorld: MakeWorld): void {
  let world: CloudWorld;

  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => world.close());

  test('says account and principal', async () => {
    expect(await world.cloudOf(world.coast).identity.callerIdentity()).toEqual({
      account: ACCOUNT,
      arn: expect.stringMatching(new RegExp(`^arn:aws:(iam|sts)::${ACCOUNT}:`)),
    });
  });
}
