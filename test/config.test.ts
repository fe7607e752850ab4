import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { environmentSchema } from '#src/config/environment.ts';
import { fleetSchema } from '#src/config/fleet-schema.ts';
import { loadFleet, readConfig, secretsOf } from '#src/config.ts';
import { UserError } from '#src/domain/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const example = resolve(import.meta.dirname, '../fleet.example.yaml');
const botToken = 'xoxb-1-secretsecret';
const appToken = 'xapp-1-secretsecret';
const signingSecret = '0123456789abcdef0123456789abcdef';
const right = {
  SLACK_BOT_TOKEN: botToken,
  SLACK_APP_TOKEN: appToken,
  REDIS_URL: 'redis://localhost:6379',
  FLEET_FILE: example,
};

/** The lines of a refusal, without its heading. */
function refusal(read: () => unknown): string[] {
  const error = thrownBy(read);
  if (!(error instanceof UserError) || error.code !== 'BadSettings')
    throw new Error('was not refused', { cause: error });
  return error.message
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the environment', () => {
  test('needs two tokens, a Redis and a fleet; the rest has defaults', () => {
    const config = readConfig(right, { role: 'both' });
    expect(config).toMatchObject({
      role: 'both',
      slack: { botToken, apiUrl: 'https://slack.com/api/', listener: { kind: 'socket-mode', appToken } },
      redisUrl: 'redis://localhost:6379',
      programs: { eksctl: 'eksctl', jsonnet: 'jsonnet', git: 'git' },
      port: 3000,
      logLevel: 'info',
      lease: { lockDurationMs: 15_000, stalledIntervalMs: 5000 },
      commandConcurrency: 10,
      commandLimitMs: 5_400_000,
      workDirectory: '/tmp/eks-upgrade-bot',
    });
    expect(config.fleet.clusters.map(({ name }) => name)).toEqual(['coast', 'harbour']);
  });

  test('with a signing secret the bot listens by HTTP', () => {
    const { SLACK_APP_TOKEN: _, ...env } = right;
    const config = readConfig({ ...env, SLACK_SIGNING_SECRET: signingSecret }, { role: 'bot' });
    expect(config.slack.listener).toEqual({ kind: 'http', signingSecret });
  });

  test.each([{}, { SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret }])(
    'the worker needs the bot token only, whatever else is set: %o',
    (extra) => {
      const { SLACK_APP_TOKEN: _, ...env } = right;
      expect(readConfig({ ...env, ...extra }, { role: 'worker' }).slack.listener).toEqual({ kind: 'none' });
    },
  );

  test('programs named by a path are found whatever folder a child runs in', () => {
    expect(readConfig({ ...right, EKSCTL: './bin/eksctl' }, { role: 'worker' }).programs.eksctl).toBe(
      resolve('bin/eksctl'),
    );
  });

  test('all that is missing is named at once, with the way out', () => {
    expect(refusal(() => readConfig({}, { role: 'both' }))).toEqual([
      'SLACK_BOT_TOKEN is missing: give the bot token (xoxb-…) that the Slack app shows under "OAuth & Permissions"',
      'REDIS_URL is missing: give the address of a Redis, e.g. redis://localhost:6379, rediss://user:password@host:6380/0 or redis+sentinel://:password@host1:26379,host2:26379/mymaster',
      'FLEET_FILE is missing: give the path of the fleet file (fleet.example.yaml is an example)',
      'SLACK_APP_TOKEN, SLACK_SIGNING_SECRET are both missing: set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP',
    ]);
  });

  test('an empty variable is a missing one', () => {
    expect(refusal(() => readConfig({ ...right, REDIS_URL: '' }, { role: 'both' }))[0]).toContain(
      'REDIS_URL is missing',
    );
  });

  test.each([
    [{ PORT: '80a' }, 'PORT is "80a": give a port number from 0 (any free one) to 65535'],
    [{ PORT: '70000' }, 'PORT is "70000": give a port number from 0 (any free one) to 65535'],
    [{ MODE: 'dry-run' }, 'MODE is "dry-run": give one of upgrade, observe'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud": give one of trace, debug, info, warn, error, fatal, silent'],
    [
      { COMMAND_CONCURRENCY: '0' },
      'COMMAND_CONCURRENCY is "0": give how many eksctl commands may run at once, 1 to 100',
    ],
    [{ LOCK_DURATION_MS: '15s' }, 'LOCK_DURATION_MS is "15s": give milliseconds from 100 to 600000'],
    [
      { STALLED_INTERVAL_MS: '20000' },
      'STALLED_INTERVAL_MS is 20000 and LOCK_DURATION_MS 15000: check at least once a lease',
    ],
    [
      { AWS_ENDPOINT_URL: 'localhost' },
      'AWS_ENDPOINT_URL is "localhost": give a web address, or leave it out to use AWS itself',
    ],
    [
      { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
      'AWS_SECRET_ACCESS_KEY is missing, but AWS_ACCESS_KEY_ID is set: set both or neither',
    ],
    [
      { SLACK_API_URL: 'http://slack.example.com/api/' },
      'SLACK_API_URL is "http://slack.example.com/api/": give a web address like https://slack.com/api/ (plain http only for this machine)',
    ],
    [
      { SLACK_SIGNING_SECRET: signingSecret },
      'SLACK_APP_TOKEN, SLACK_SIGNING_SECRET are both set: keep SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP',
    ],
    [
      { REDIS_URL: 'redis+sentinel://host' },
      'REDIS_URL is "redis+sentinel://host": give the address of a Redis, e.g. redis://localhost:6379, rediss://user:password@host:6380/0 or redis+sentinel://:password@host1:26379,host2:26379/mymaster',
    ],
    [
      { REDIS_URL: 'localhost:6379' },
      'REDIS_URL is "localhost:6379": give the address of a Redis, e.g. redis://localhost:6379, rediss://user:password@host:6380/0 or redis+sentinel://:password@host1:26379,host2:26379/mymaster',
    ],
  ])('%o is refused', (wrong, line) => {
    expect(refusal(() => readConfig({ ...right, ...wrong }, { role: 'both' }))).toEqual([line]);
  });

  test.each([
    [{ SLACK_BOT_TOKEN: 'xoxp-very-secret' }, 'very-secret', 'is a xoxp-… token of 16 characters (not shown)'],
    [{ SLACK_APP_TOKEN: botToken }, 'secretsecret', 'is a xoxb-… token of 19 characters (not shown)'],
    [
      { SLACK_APP_TOKEN: undefined, SLACK_SIGNING_SECRET: 'verysecret' },
      'verysecret',
      'is not of that shape (10 characters, not shown)',
    ],
    [{ REDIS_URL: 'http://me:verysecret@host' }, 'verysecret', 'is "http://me:***@host/"'],
    [{ REDIS_URL: 'redis://me:very/secret@host' }, 'very', 'not shown, it may hold a password'],
    [{ AWS_ENDPOINT_URL: 'ftp://me:verysecret@host' }, 'verysecret', 'is "ftp://me:***@host'],
  ])('a wrong secret is described, never shown (%#)', (wrong, secret, shown) => {
    const lines = refusal(() => readConfig({ ...right, ...wrong }, { role: 'both' })).join('\n');
    expect(lines).toContain(shown);
    expect(lines).not.toContain(secret);
  });

  test('wrong variables and a wrong fleet are one refusal', () => {
    const lines = refusal(() =>
      readConfig({ ...right, PORT: 'x', FLEET_FILE: write('teamId: T0123\n') }, { role: 'worker' }),
    );
    expect(lines).toContainEqual(expect.stringContaining('PORT is "x"'));
    expect(lines).toContainEqual(expect.stringContaining(': clusters is missing: give at least one cluster'));
  });

  test('a fleet file that is not there is named', () => {
    const lines = refusal(() => readConfig({ ...right, FLEET_FILE: '/nowhere/fleet.yaml' }, { role: 'worker' }));
    expect(lines).toEqual([
      expect.stringMatching(/^FLEET_FILE is "\/nowhere\/fleet.yaml", which cannot be read \(ENOENT.*\): give the path/),
    ]);
  });

  test('every secret is listed for the logger', () => {
    const env = {
      ...right,
      REDIS_URL: 'redis://me:p%40ss@host',
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_SECRET_ACCESS_KEY: 'aws-secret',
      AWS_SESSION_TOKEN: 'aws-session',
    };
    expect(secretsOf(readConfig(env, { role: 'both' }))).toEqual([
      botToken,
      appToken,
      'p%40ss',
      'p@ss',
      'aws-secret',
      'aws-session',
    ]);
    expect(
      secretsOf(readConfig({ ...right, SLACK_APP_TOKEN: '', SLACK_SIGNING_SECRET: signingSecret }, { role: 'both' })),
    ).toEqual([botToken, signingSecret]);
  });

  test('children inherit what is listed for them, and no secret of the bot', () => {
    const env = {
      ...right,
      ...{
        PATH: '/usr/bin',
        HOME: '/home/bot',
        HTTPS_PROXY: 'http://proxy:8080',
        DATABASE_PASSWORD: 'x',
        LD_PRELOAD: '/x.so',
        NODE_OPTIONS: '--x',
      },
      ...{
        SSH_AUTH_SOCK: '/agent',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'a',
        GIT_CONFIG_VALUE_0: 'b',
        GIT_DIR: '/x',
      },
      ...{
        AWS_PROFILE: 'ops',
        AWS_ENDPOINT_URL: 'http://localhost:4566',
        AWS_ENDPOINT_URL_EKS: 'http://localhost:4567',
      },
    };
    expect(readConfig(env, { role: 'worker' }).inheritedEnv).toEqual({
      base: { PATH: '/usr/bin', HOME: '/home/bot', HTTPS_PROXY: 'http://proxy:8080' },
      git: { SSH_AUTH_SOCK: '/agent', GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'a', GIT_CONFIG_VALUE_0: 'b' },
      aws: {
        AWS_PROFILE: 'ops',
        AWS_ENDPOINT_URL: 'http://localhost:4566',
        AWS_ENDPOINT_URL_EKS: 'http://localhost:4567',
      },
    });
  });
});

describe('the fleet file', () => {
  test('of the example is right, and what it leaves out has defaults', () => {
    expect(loadFleet(example)).toEqual({
      teamId: 'T0123ABCD',
      maintenanceChannel: 'C0123ABCD',
      requesters: { users: [], groups: ['S0123REQS'] },
      approvers: { users: ['U0123ALMA', 'U0123BENO'], groups: ['S0123OPER'] },
      activitySelectors: [
        'component=singleuser-server',
        'app.kubernetes.io/component in (dask-scheduler, dask-worker)',
      ],
      approvalHours: 24,
      clusters: [
        {
          name: 'coast',
          region: 'us-west-2',
          account: '111122223333',
          roleArn: 'arn:aws:iam::111122223333:role/eks-upgrade-bot',
          access: null,
          config: { remote: 'git@github.com:example-org/clusters.git', branch: 'main', path: 'eksctl/coast.jsonnet' },
          coreGroups: ['core-*'],
          skewPolicy: 'runbook',
          allowAmiFamilyChange: false,
          overwriteAddons: false,
          healthUrls: ['https://hub.example.org/hub/health'],
          proveEmptyGroups: 'one',
          core: { drain: true },
        },
        {
          name: 'harbour',
          region: 'eu-central-1',
          account: '444455556666',
          roleArn: null,
          access: null,
          config: {
            remote: 'https://github.com/example-org/clusters.git',
            branch: 'main',
            path: 'eksctl/harbour.yaml',
          },
          coreGroups: ['core-*'],
          skewPolicy: 'supported',
          allowAmiFamilyChange: false,
          overwriteAddons: false,
          healthUrls: [],
          proveEmptyGroups: 'one',
          core: { drain: true },
        },
      ],
    });
  });

  test.each([
    [
      { bootstrapRole: 'arn:aws:iam::111122223333:role/creator' },
      { kind: 'bootstrap-role', roleArn: 'arn:aws:iam::111122223333:role/creator', groups: ['eks-upgrade-bot'] },
    ],
    [
      { bootstrapRole: 'arn:aws:iam::111122223333:role/creator', groups: ['system:masters'] },
      { kind: 'bootstrap-role', roleArn: 'arn:aws:iam::111122223333:role/creator', groups: ['system:masters'] },
    ],
    [{ createEntry: true }, { kind: 'access-entry' }],
  ])('says how the bot may map itself: %j', (access, mapping) => {
    const fleet = exampleFile();
    Object.assign(fleet.clusters[0], { access });
    expect(loadFleet(write(stringify(fleet))).clusters[0]?.access).toEqual(mapping);
  });

  test.each([
    [{}, 'is empty: give bootstrapRole'],
    [{ bootstrapRole: 'arn:aws:iam::1:user/ada' }, 'give the ARN of an IAM role'],
    [{ bootstrapRole: 'arn:aws:iam::111122223333:role/creator', createEntry: true }, 'names two ways: give'],
    [{ createEntry: true, groups: ['admins'] }, 'has groups beside createEntry'],
    [{ createEntry: false }, 'is false: give bootstrapRole'],
  ])('refuses a mapping that is no single way: %j', (access, words) => {
    const fleet = exampleFile();
    Object.assign(fleet.clusters[0], { access });
    expect(() => loadFleet(write(stringify(fleet)))).toThrow(words);
  });

  test('without selectors counts user servers and Dask', () => {
    const { activitySelectors, ...rest } = exampleFile();
    expect(loadFleet(write(stringify(rest))).activitySelectors).toEqual(activitySelectors);
  });

  test.each<[string, (fleet: ExampleFleet) => void, string]>([
    [
      'an unknown field',
      (fleet) => Object.assign(fleet, { aprovers: {} }),
      'aprovers is no field of the fleet file: did you mean approvers?',
    ],
    [
      'an unknown field of a cluster',
      (fleet) => Object.assign(fleet.clusters[0], { skewpolicy: 'x' }),
      'clusters[0].skewpolicy is no field of the fleet file: did you mean skewPolicy?',
    ],
    [
      'an unknown field of a config',
      (fleet) => Object.assign(fleet.clusters[0].config, { url: 'x' }),
      'clusters[0].config.url is no field of the fleet file: use one of remote, branch, path',
    ],
    [
      'an unknown field of people',
      (fleet) => Object.assign(fleet.approvers, { user: ['U1'] }),
      'approvers.user is no field of the fleet file: did you mean users?',
    ],
    [
      'an account read as a number',
      (fleet) => Object.assign(fleet.clusters[0], { account: 111122223333 }),
      "clusters[0].account is 111122223333: give the twelve digits of the AWS account, like '111122223333', in quotes",
    ],
    [
      'a short account',
      (fleet) => Object.assign(fleet.clusters[1], { account: '123' }),
      'clusters[1].account is "123": give the twelve digits of the AWS account, like \'111122223333\'',
    ],
    [
      'an availability zone as a region',
      (fleet) => Object.assign(fleet.clusters[0], { region: 'us-west-2a' }),
      'clusters[0].region is "us-west-2a": give an AWS region like us-west-2',
    ],
    [
      'a channel name',
      (fleet) => Object.assign(fleet, { maintenanceChannel: '#maintenance-notices' }),
      'maintenanceChannel is "#maintenance-notices": give the id of the channel like C0123ABCD (shown at the end of its details), not its name',
    ],
    [
      'a user name',
      (fleet) => Object.assign(fleet.approvers, { users: ['alma'] }),
      'approvers.users[0] is "alma": give a Slack member id like U0123ABCD ("Copy member ID" in a profile)',
    ],
    [
      'a role of another account',
      (fleet) => Object.assign(fleet.clusters[1], { roleArn: 'arn:aws:iam::111122223333:role/x' }),
      'clusters[1].roleArn is "arn:aws:iam::111122223333:role/x", a role of account 111122223333, but the cluster\'s account is 444455556666: make them agree',
    ],
    [
      'two clusters of a name',
      (fleet) => Object.assign(fleet.clusters[1], { name: 'coast' }),
      'clusters[1].name is "coast", as clusters[0].name already: give each cluster a name of its own',
    ],
    [
      'two clusters of a config',
      (fleet) => Object.assign(fleet.clusters[1], { config: fleet.clusters[0].config }),
      'clusters[1].config.path is "eksctl/coast.jsonnet", the config of clusters[0] already: give each cluster its own',
    ],
    [
      'nobody to approve',
      (fleet) => Object.assign(fleet, { approvers: { users: [] } }),
      'approvers is empty: name at least one person, as users: [U…] or groups: [S…]',
    ],
    [
      'requesters left out',
      (fleet) => Object.assign(fleet, { requesters: undefined }),
      'requesters is missing: name at least one person, as users: [U…] or groups: [S…]',
    ],
    [
      'one person alone',
      (fleet) => Object.assign(fleet, { approvers: { users: ['U0ONE'] }, requesters: { users: ['U0ONE'] } }),
      'approvers is only U0ONE, who is also the only requester: nobody may approve their own request, add somebody else',
    ],
    [
      'no selector',
      (fleet) => Object.assign(fleet, { activitySelectors: [] }),
      'activitySelectors is empty: give the label selectors of pods that mean "in use", or leave it out for the default; without one every cluster would look idle',
    ],
    [
      'no label selector',
      (fleet) => Object.assign(fleet, { activitySelectors: ['a in b'] }),
      'activitySelectors[0] is "a in b": give a Kubernetes label selector like component=singleuser-server',
    ],
    [
      'a health URL with a password in it',
      (fleet) => Object.assign(fleet.clusters[0], { healthUrls: ['https://maya:secret@hub.example.org/'] }),
      'clusters[0].healthUrls[0] is "https://maya:secret@hub.example.org/": give an address that answers 2xx to anybody who asks, like https://hub.example.org/hub/health, without a password in it',
    ],
    [
      'a health URL that is no address of the web',
      (fleet) => Object.assign(fleet.clusters[0], { healthUrls: ['file:///etc/passwd'] }),
      'clusters[0].healthUrls[0] is "file:///etc/passwd": give an address that answers 2xx to anybody who asks, like https://hub.example.org/hub/health, without a password in it',
    ],
    [
      'a permission that is neither true nor false',
      (fleet) => Object.assign(fleet.clusters[0], { allowAmiFamilyChange: 'yes' }),
      'clusters[0].allowAmiFamilyChange is "yes": give true or false, without quotes',
    ],
    [
      'an unknown skew policy',
      (fleet) => Object.assign(fleet.clusters[0], { skewPolicy: 'loose' }),
      'clusters[0].skewPolicy is "loose": give "supported" or "runbook"',
    ],
    ['no clusters', (fleet) => Object.assign(fleet, { clusters: [] }), 'clusters is empty: give at least one cluster'],
  ])('%s is refused', (_, spoil, line) => {
    const fleet = exampleFile();
    spoil(fleet);
    expect(refusal(() => loadFleet(write(stringify(fleet)))).map((found) => found.replace(/^\S+:\d+: /, ''))).toEqual([
      line,
    ]);
  });

  test.each([
    '/etc/passwd.yaml',
    '../coast.yaml',
    'a/../../coast.yaml',
    './coast.yaml',
    'a//coast.yaml',
    '-coast.yaml',
    '.git/config.yaml',
    'a\\b.yaml',
    'coast.txt',
    'coast',
  ])('a config path like %s is refused', (path) => {
    expect(refusalOfConfig({ path })).toEqual([
      expect.stringContaining('give the path of the eksctl config inside the repository'),
    ]);
  });

  test.each([
    '-uroot',
    '--upload-pack=x',
    'ext::sh -c x',
    'http://github.com/a/b.git',
    'git://github.com/a/b.git',
    'https://token@github.com/a/b.git',
    'https://me:token@github.com/a/b.git',
    'clusters',
  ])('a remote like %s is refused', (remote) => {
    expect(refusalOfConfig({ remote })).toEqual([expect.stringContaining('give what "git clone" takes')]);
  });

  test.each(['-x', 'a..b', 'a b', 'a/', 'x.lock', '@{u}', 'a~1', '.hidden'])(
    'a branch like %s is refused',
    (branch) => {
      expect(refusalOfConfig({ branch })).toEqual([expect.stringContaining('give a branch name')]);
    },
  );

  test.each([
    'git@github.com:a/b.git',
    'https://github.com/a/b.git',
    'ssh://git@host:2222/a.git',
    'file:///srv/a.git',
    '/srv/a.git',
  ])('a remote like %s is taken', (remote) => {
    const fleet = exampleFile();
    Object.assign(fleet.clusters[0].config, { remote });
    expect(loadFleet(write(stringify(fleet))).clusters[0]?.config.remote).toBe(remote);
  });

  test.each(['a=b', 'a==b', 'a!=b', 'a', '!a', 'x.io/a in (b,c)', 'a notin (b), c=d', 'a='])(
    'a selector like %s is taken',
    (selector) => {
      expect(
        loadFleet(write(stringify({ ...exampleFile(), activitySelectors: [selector] }))).activitySelectors,
      ).toEqual([selector]);
    },
  );

  test('problems are named with their lines, all at once', () => {
    const path = write(
      'teamId: T0123\nmaintenanceChannel: C0123\napprovers: { users: [U01] }\nrequesters: { groups: [S01] }\nclusters:\n  - name: coast\n    region: nowhere\n',
    );
    expect(refusal(() => loadFleet(path))).toEqual([
      `${path}:7: clusters[0].region is "nowhere": give an AWS region like us-west-2`,
      `${path}:6: clusters[0].account is missing: give the twelve digits of the AWS account, like '111122223333'`,
      `${path}:6: clusters[0].config is missing: give remote, branch and path of the eksctl config`,
    ]);
  });

  test('text that is not YAML is refused with its line', () => {
    const path = write('teamId: T0123\nclusters: [\n');
    expect(refusal(() => loadFleet(path))[0]).toMatch(/fleet.yaml:\d+: is not YAML: /);
  });

  test.each(['', '[]', 'coast'])('a file that holds only "%s" is refused', (text) => {
    expect(refusal(() => loadFleet(write(text)))[0]).toContain(
      'give teamId, maintenanceChannel, approvers, requesters and clusters',
    );
  });
});

test('every setting and every field is documented', () => {
  const documented = (page: string) => readFileSync(resolve(import.meta.dirname, '../docs', page), 'utf8');
  const settings = documented('settings.md');
  expect(Object.keys(environmentSchema('both').shape).filter((name) => !settings.includes(`\`${name}\``))).toEqual([]);
  const fleetFile = documented('fleet-file.md');
  const { config, ...cluster } = fleetSchema.shape.clusters.element.shape;
  const fields = [
    ...Object.keys(fleetSchema.shape),
    ...Object.keys(cluster),
    ...Object.keys(config.shape).map((name) => `config.${name}`),
  ];
  expect(fields.filter((name) => !fleetFile.includes(`\`${name}\``))).toEqual([]);
});

type ExampleFleet = {
  approvers: object;
  activitySelectors: string[];
  clusters: [ExampleCluster, ExampleCluster];
};
type ExampleCluster = { config: object };

function exampleFile(): ExampleFleet {
  return parse(readFileSync(example, 'utf8')) as ExampleFleet;
}

function refusalOfConfig(change: object): string[] {
  const fleet = exampleFile();
  Object.assign(fleet.clusters[0].config, change);
  return refusal(() => loadFleet(write(stringify(fleet))));
}

function write(text: string): string {
  const path = join(folder, 'fleet.yaml');
  writeFileSync(path, text);
  return path;
}
