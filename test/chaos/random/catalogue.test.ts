import { expect, test } from 'vitest';
import type { RedisServer } from '#test/support/redis.ts';
import { faultNames } from '../../simulators/cloud/options.ts';
import { EKSCTL_FAULTS } from '../../simulators/eksctl/faults.ts';
import { GIT_FAULTS } from '../../simulators/git/faults.ts';
import { faultSchema } from '../../simulators/slack/faults.ts';
import { CATALOGUE } from './catalogue.ts';
import { LEFT_OUT } from './left-out.ts';

type NoSwitch = 'url' | 'port' | 'freshDatabase' | 'pid' | 'stop';
const REDIS_SWITCHES: Record<Exclude<keyof RedisServer, NoSwitch>, true> = {
  crash: true,
  restart: true,
  hang: true,
  goOn: true,
  fill: true,
  makeRoom: true,
  remember: true,
  rollBackTo: true,
};

const slackKinds = faultSchema.options.flatMap(({ shape: { kind } }) =>
  'options' in kind ? [...kind.options] : [...kind.values],
);

const SWITCHES = [
  ...faultNames.map((name) => `cloud/${name}`),
  ...slackKinds.map((name) => `slack/${name}`),
  'slack/outage',
  ...EKSCTL_FAULTS.map((name) => `eksctl/${name}`),
  ...GIT_FAULTS.map((name) => `git/${name}`),
  ...Object.keys(REDIS_SWITCHES).map((name) => `redis/${name}`),
];

test('every switch of the simulators is in the catalogue, or it is said why it is not', () => {
  const used = new Set([...CATALOGUE.flatMap(({ uses }) => uses), ...Object.keys(LEFT_OUT)]);
  expect(slackKinds.length).toBeGreaterThan(5);
  expect(SWITCHES.filter((name) => !used.has(name))).toEqual([]);
});

test('the catalogue has no switch that is not there, and no name twice', () => {
  const offered = new Set(SWITCHES);
  expect(
    [...CATALOGUE.flatMap(({ uses }) => uses), ...Object.keys(LEFT_OUT)].filter((name) => !offered.has(name)),
  ).toEqual([]);
  const names = CATALOGUE.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('what lasts for a while is ended, or ends by itself', () => {
  const endless = CATALOGUE.filter(({ minutes, end }) => (minutes === undefined) !== (end === undefined));
  expect(endless.map(({ name }) => name)).toEqual([]);
});
