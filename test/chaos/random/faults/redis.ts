import type { Fault } from '../fault.ts';
import { whole } from '../fault.ts';

/** Seconds here are real, as are BullMQ's leases and our clients' time-outs. */
export const REDIS_FAULTS: readonly Fault[] = [
  {
    name: 'redis: killed and started again with its append-only file',
    scope: 'world',
    uses: ['redis/crash', 'redis/restart'],
    begin: async ({ redis }) => {
      await redis.crash();
      await redis.restart();
    },
  },
  {
    name: 'redis: away for some seconds',
    scope: 'world',
    uses: ['redis/crash', 'redis/restart'],
    draw: (random) => ({ seconds: random.between(2, 6) }),
    begin: async ({ redis, wait }, strike) => {
      await redis.crash();
      await wait(whole(strike, 'seconds'));
      await redis.restart();
    },
  },
  {
    name: 'redis: hangs',
    scope: 'world',
    uses: ['redis/hang', 'redis/goOn'],
    draw: (random) => ({ seconds: random.between(2, 6) }),
    begin: async ({ redis, wait }, strike) => {
      redis.hang();
      await wait(whole(strike, 'seconds'));
      redis.goOn();
    },
  },
  {
    name: 'redis: full',
    scope: 'world',
    uses: ['redis/fill', 'redis/makeRoom'],
    draw: (random) => ({ seconds: random.between(2, 5) }),
    begin: async ({ redis, wait }, strike) => {
      await redis.fill();
      await wait(whole(strike, 'seconds'));
      await redis.makeRoom();
    },
  },
  {
    name: 'redis: forgets its last second',
    scope: 'world',
    uses: ['redis/remember', 'redis/rollBackTo'],
    begin: async ({ redis, wait }) => {
      const moment = await redis.remember();
      await wait(1);
      await redis.rollBackTo(moment);
    },
  },
];
