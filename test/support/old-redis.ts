import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** Speaks as much of the protocol as a client needs to find out that the server is too old: `INFO`, and `OK` else. */
export async function startOldRedis(version: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const [, name] of chunk.toString().matchAll(/^\*\d+\r\n\$\d+\r\n(\w+)\r\n/gm)) {
        socket.write(name?.toLowerCase() === 'info' ? bulk(`redis_version:${version}\r\nloading:0\r\n`) : '+OK\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}
