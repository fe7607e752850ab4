import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that was free a moment ago: somebody else may take it before it is used. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error(`no port in ${String(address)}`);
  return address.port;
}

/** Tries again with another port when `use` fails, because somebody took it in between. */
export async function withFreePort<T>(use: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await use(await freePort());
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}
