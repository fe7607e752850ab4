import { expect, test } from 'vitest';
import { parseRedisAddress } from '#src/domain/redis-address.ts';

const sentinel = {
  kind: 'sentinel',
  sentinels: [{ host: 'a', port: 26_379 }],
  master: 'runs',
  username: '',
  password: '',
  sentinelPassword: '',
  database: 0,
  tls: false,
};

test.each([
  ['redis://localhost:6379', { kind: 'server', url: 'redis://localhost:6379', password: '' }],
  ['rediss://me:p%40ss@host:6380/3', { kind: 'server', url: 'rediss://me:p%40ss@host:6380/3', password: 'p@ss' }],
  ['redis+sentinel://a/runs', sentinel],
  [
    'redis+sentinel://a:1,b:2,[::1]:3/runs/4',
    {
      ...sentinel,
      sentinels: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: '::1', port: 3 },
      ],
      database: 4,
    },
  ],
  ['redis+sentinel://:p%40s%2Fs@a/runs', { ...sentinel, password: 'p@s/s' }],
  [
    'rediss+sentinel://me:pass@a/runs?sentinelPassword=o%26ther',
    { ...sentinel, username: 'me', password: 'pass', sentinelPassword: 'o&ther', tls: true },
  ],
])('%s', (text, address) => {
  expect(parseRedisAddress(text)).toEqual(address);
});

test.each([
  'localhost:6379',
  'http://host',
  'redis://',
  'redis://host/zero',
  'redis+sentinel://host',
  'redis+sentinel://host/runs/x',
  'redis+sentinel://a,,b/runs',
  'redis+sentinel://:p%4@a/runs',
  'redis+sentinel://a/runs?password=x',
])('%s is none', (text) => {
  expect(parseRedisAddress(text)).toBeNull();
});
