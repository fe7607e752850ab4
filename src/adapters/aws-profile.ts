import { chmod, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InternalError, messageOf } from '#src/domain/errors.ts';
import type { AwsCredentials, CredentialProvider } from './aws-clients.ts';
import { makeOwnedFolder } from './owned-folders.ts';

/**
 * AWS credentials for a child, refreshed as long as it lives.
 *
 * An eksctl command can outlast a session, so handing over keys would be a way to fail after 59 minutes. Instead the
 * child gets a profile whose `credential_process` asks this process over a unix socket that only our user can open.
 * Whatever our own chain is (development keys, IRSA, instance role, a role per cluster), the child sees only "a profile".
 *
 * Why this works for eksctl: it loads the SDK's default configuration with the profile of AWS_PROFILE
 * (eksctl pkg/eks/apiv2.go, `newV2Config`); with no keys in the environment and none in the profile the SDK takes
 * `credential_process` (aws-sdk-go-v2 config/resolve_credentials.go, `resolveCredsFromProfile`), runs it with `sh -c`
 * (credentials/processcreds/provider.go, `DefaultNewCommandBuilder`) and caches the answer until its `Expiration`.
 * eksctl's cache counts one as expired 30 minutes early (`ExpiryWindow` in `newV2Config`), so one with less time left is
 * asked for at every request; that costs a process each time, and the answer comes from the worker's cache. Keys that AWS
 * refuses are asked for anew (aws-sdk-go-v2 aws/credential_cache.go, `InvalidateCredentials`), so what is handed out must
 * not be the same once more: `credentials` are those that AWS took a moment ago (`confirmedCredentials`).
 */
export type AwsProfile = {
  /** For the child's environment. */
  env: Record<string, string>;
  dispose: () => Promise<void>;
};

export type AwsProfileRequest = {
  credentials: CredentialProvider;
  region: string;
  /** The profile's files go into a new private folder in it. */
  temporaryDirectory: string;
};

const PROFILE = 'eks-upgrade-bot';
/** `sun_path` in unix(7) has 108 bytes on Linux, 104 on macOS. */
const MAX_SOCKET_PATH = 100;

export async function serveAwsProfile({
  credentials,
  region,
  temporaryDirectory,
}: AwsProfileRequest): Promise<AwsProfile> {
  // mkdtemp makes the folder 0700: the socket cannot be reached even before its own mode is set.
  const directory = await makeOwnedFolder(temporaryDirectory, 'aws');
  try {
    const socket = join(directory, 'socket');
    checkPath(directory, socket);
    const server = await listen(socket, credentials);
    const files = await writeProfile(directory, socket, region);
    return {
      env: { AWS_PROFILE: PROFILE, AWS_REGION: region, AWS_EC2_METADATA_DISABLED: 'true', ...files },
      dispose: async () => {
        server.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The folder's name ends in an AWS configuration file and in a shell's hands, which have different ideas of quoting. */
function checkPath(directory: string, socket: string): void {
  if (!/^[A-Za-z0-9/._+-]+$/.test(directory)) {
    throw new InternalError(
      'BadTemporaryDirectory',
      `the temporary directory ${directory} has characters that need quoting: set another one`,
    );
  }
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH) {
    throw new InternalError(
      'BadTemporaryDirectory',
      `${socket} is too long for a socket (${MAX_SOCKET_PATH} bytes): set a shorter temporary directory`,
    );
  }
}

async function writeProfile(directory: string, socket: string, region: string): Promise<Record<string, string>> {
  const [script, config, shared] = [
    join(directory, 'credentials'),
    join(directory, 'config'),
    join(directory, 'no-credentials'),
  ];
  const helper = fileURLToPath(new URL('../cli/credentials.ts', import.meta.url));
  await writeFile(script, `exec ${[process.execPath, helper, socket].map(shellQuoted).join(' ')}\n`, { mode: 0o600 });
  await writeFile(config, `[profile ${PROFILE}]\nregion = ${region}\ncredential_process = /bin/sh ${script}\n`, {
    mode: 0o600,
  });
  // A profile of this name in the operator's own file would win over credential_process.
  await writeFile(shared, '', { mode: 0o600 });
  return { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: shared };
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll(`'`, `'\\''`)}'`;
}

async function listen(path: string, credentials: CredentialProvider): Promise<Server> {
  const server = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    answer(credentials).then(
      (text) => connection.end(text),
      () => connection.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  // A child decides how long we live, not its credentials.
  server.unref();
  return server;
}

async function answer(credentials: CredentialProvider): Promise<string> {
  try {
    return JSON.stringify({ kind: 'credentials', credentials: processOutput(await credentials()) });
  } catch (error) {
    return JSON.stringify({ kind: 'error', message: messageOf(error) });
  }
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html; no Expiration: never refreshed. */
function processOutput({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiration,
}: AwsCredentials): Record<string, unknown> {
  return {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    ...(sessionToken === undefined ? {} : { SessionToken: sessionToken }),
    ...(expiration === undefined ? {} : { Expiration: expiration.toISOString() }),
  };
}
