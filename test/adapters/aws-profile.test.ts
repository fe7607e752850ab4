import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fromProcess } from '@aws-sdk/credential-providers';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CredentialProvider } from '#src/adapters/aws-clients.ts';
import { type AwsProfile, serveAwsProfile } from '#src/adapters/aws-profile.ts';

let directory: string;
let profile: AwsProfile | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'profile-'));
});
afterEach(async () => {
  await profile?.dispose();
  profile = undefined;
  await rm(directory, { recursive: true, force: true });
});

async function serve(credentials: CredentialProvider): Promise<AwsProfile> {
  profile = await serveAwsProfile({ credentials, region: 'us-west-2', temporaryDirectory: directory });
  return profile;
}

/** As an SDK in the child reads it. */
function readAsSdk({ env }: AwsProfile) {
  return fromProcess({
    profile: env['AWS_PROFILE'] ?? '',
    configFilepath: env['AWS_CONFIG_FILE'] ?? '',
    filepath: env['AWS_SHARED_CREDENTIALS_FILE'] ?? '',
  })();
}

describe('the profile for a child', () => {
  it('gives an SDK the credentials of now, again and again', async () => {
    let n = 0;
    const expiration = new Date(Date.now() + 3_600_000);
    const served = await serve(() => {
      n += 1;
      return Promise.resolve({ accessKeyId: `KEY${n}`, secretAccessKey: 's', sessionToken: 't', expiration });
    });

    expect(await readAsSdk(served)).toMatchObject({
      accessKeyId: 'KEY1',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration,
    });
    expect(await readAsSdk(served)).toMatchObject({ accessKeyId: 'KEY2' });
  });

  it('gives keys that do not expire without an expiration', async () => {
    const served = await serve(() => Promise.resolve({ accessKeyId: 'KEY', secretAccessKey: 's' }));
    expect((await readAsSdk(served)).expiration).toBeUndefined();
  });

  it('says why there are none', async () => {
    const served = await serve(() => Promise.reject(new Error('the role may not be assumed')));
    const script = join(dirname(served.env['AWS_CONFIG_FILE'] ?? ''), 'credentials');
    const asked = await execa('/bin/sh', [script], { reject: false, extendEnv: false, env: {} });

    expect(asked).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'no AWS credentials from the worker: the role may not be assumed',
    });
  });

  it('holds no keys, and only our user can read it', async () => {
    const { env } = await serve(() => Promise.resolve({ accessKeyId: 'KEY', secretAccessKey: 'very-secret' }));
    const home = dirname(env['AWS_CONFIG_FILE'] ?? '');

    expect(JSON.stringify(env)).not.toMatch(/KEY|very-secret/);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(home)) expect((await stat(join(home, file))).mode & 0o777).toBe(0o600);
  });

  it('is gone after its use', async () => {
    const served = await serve(() => Promise.resolve({ accessKeyId: 'KEY', secretAccessKey: 's' }));
    await served.dispose();
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    ['with a space', 'a folder'],
    ['too long for a socket', 'x'.repeat(100)],
  ])('refuses a temporary directory %s', async (_title, name) => {
    await mkdir(join(directory, name));
    const served = serveAwsProfile({
      credentials: () => Promise.resolve({ accessKeyId: 'KEY', secretAccessKey: 's' }),
      region: 'us-west-2',
      temporaryDirectory: join(directory, name),
    });
    await expect(served).rejects.toMatchObject({ code: 'BadTemporaryDirectory' });
    expect(await readdir(join(directory, name))).toEqual([]);
  });
});
