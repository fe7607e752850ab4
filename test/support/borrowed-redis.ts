import { type RedisServer, startRedis } from './redis.ts';

let running: Promise<RedisServer> | undefined;
let borrowers = 0;

/** A fresh database of a Redis that all worlds of this process share while there are any. */
export async function borrowRedis(): Promise<{ url: string; giveBack: () => Promise<void> }> {
  borrowers += 1;
  running ??= startRedis();
  const server = running;
  const giveBack = async (): Promise<void> => {
    borrowers -= 1;
    if (borrowers > 0) return;
    running = undefined;
    await (await server).stop();
  };
  try {
    return { url: (await server).freshDatabase(), giveBack };
  } catch (error) {
    borrowers -= 1;
    if (borrowers === 0) running = undefined;
    throw error;
  }
}
