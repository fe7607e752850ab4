import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { type ApiServer, reachApiServer } from '#src/adapters/reach-api-server.ts';
import { makeServerIdentity, type ServerIdentity } from '#test/simulators/cloud/certificate-authority.ts';

let identity: ServerIdentity;
const undo: (() => void)[] = [];

beforeAll(async () => {
  identity = await makeServerIdentity();
});
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

const access = { publicAccess: true, publicCidrs: ['0.0.0.0/0'], privateAccess: false, securityGroup: null };

async function listening(server: Server): Promise<ApiServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { name: 'coast', region: 'us-west-2', endpoint, certificateAuthority: identity.caPem, access };
}

const unauthorized: RequestListener = (_, response) => response.writeHead(401).end('{}');
const apiServer = () => listening(createServer({ key: identity.keyPem, cert: identity.certificatePem }, unauthorized));

test('an API server that answers is reached, whatever it says', async () => {
  await expect(reachApiServer(await apiServer())).resolves.toBeUndefined();
});

test('one that takes the connection and says nothing is given up within the limit', async () => {
  const began = performance.now();
  await expect(reachApiServer(await listening(createTcp()), 200)).rejects.toMatchObject({ code: 'ApiServerSilent' });
  expect(performance.now() - began).toBeLessThan(4_000);
});

test('a name that cannot be found, another authority, no TLS and nobody at the port are told apart', async () => {
  const server = await apiServer();
  const { caPem } = await makeServerIdentity();
  const unknown = `https://${'0'.repeat(64)}.gr7.us-west-2.eks.amazonaws.com`;
  const plain = await listening(createHttp(unauthorized));
  const cases: [ApiServer, string][] = [
    [{ ...server, endpoint: unknown }, 'ApiServerNameUnknown'],
    [{ ...server, certificateAuthority: caPem }, 'ApiServerNotTrusted'],
    [plain, 'ApiServerTls'],
    [{ ...server, endpoint: 'https://127.0.0.1:1' }, 'KubernetesUnreachable'],
  ];
  for (const [unreached, code] of cases) await expect(reachApiServer(unreached)).rejects.toMatchObject({ code });
});
