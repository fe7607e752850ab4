import { randomBytes } from 'node:crypto';
import type { Principal, World } from './world.ts';

/**
 * A session of a role. AWS refuses its keys when they have been good for `seconds` of simulated time; the `Expiration`
 * they come with is real time, which signatures and the SDK go by. So whoever has them learns that they have ended by a
 * refusal, and never ahead: harsher than AWS, where an SDK renews some minutes before.
 */
type Session = Principal & { sessionToken: string; expiration: string };

export function openSession(
  world: World,
  { roleArn, name, seconds }: { roleArn: string; name: string; seconds: number },
): Session {
  const [, , , , account = '', path = ''] = roleArn.split(':');
  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const principal: Principal = {
    accessKeyId,
    secretAccessKey: randomBytes(20).toString('hex'),
    arn: `arn:aws:sts::${account}:assumed-role/${path.split('/').at(-1)}/${name}`,
    account,
    endsAt: world.clock.now() + seconds * 1000,
    roleArn,
  };
  world.principals.push(principal);
  return {
    ...principal,
    sessionToken: `simulated-session-of-${accessKeyId}`,
    expiration: new Date(Date.now() + seconds * 1000).toISOString(),
  };
}

export function hasEnded({ clock }: World, { endsAt }: Principal): boolean {
  return endsAt !== undefined && clock.now() >= endsAt;
}

/** All sessions of now end in this moment, as if their hour were over. */
export function endSessions({ clock, principals }: World): void {
  for (const principal of principals)
    if (principal.endsAt !== undefined) principal.endsAt = Math.min(principal.endsAt, clock.now());
}
