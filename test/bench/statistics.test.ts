import { expect, it } from 'vitest';
import { defaultDurations } from '#test/simulators/cloud/durations.ts';
import { drawDurations } from './draw-durations.ts';
import { cloudWork } from './outside-work.ts';
import { posted } from './people.ts';
import { covered, median, percentile } from './statistics.ts';

it('takes the nearest rank as a percentile, and nothing for nothing', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(100);
  expect(median([3, 1, 2])).toBe(2);
  expect(percentile([], 0.5)).toBeNaN();
});

it('counts what overlaps once, and nothing outside', () => {
  const intervals = [
    { from: -10, to: 5 },
    { from: 0, to: 3 },
    { from: 4, to: 8 },
    { from: 20, to: 25 },
  ];
  expect(covered(intervals, { from: 0, to: 22 })).toBe(10);
});

it('draws durations by a seed, within 30 %', () => {
  expect(drawDurations(7)).toEqual(drawDurations(7));
  expect(drawDurations(7)).not.toEqual(drawDurations(8));
  const factors = [1, 2, 3, 4, 5].flatMap((seed) => {
    return Object.entries(drawDurations(seed)).map(
      ([name, ms]) => ms / defaultDurations[name as keyof typeof defaultDurations],
    );
  });
  expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.7);
  expect(Math.max(...factors)).toBeLessThanOrEqual(1.3);
});

it('knows how long the simulated cloud is busy with what it began', () => {
  const effect = { at: new Date(0).toISOString(), cluster: 'coast', caller: 'bot', principal: 'p' } as const;
  const { controlPlaneUpdate, unauthorizedAfterUpdate, addonUpdate, rolloutMax, rolloutBase, rolloutPerPod } =
    defaultDurations;
  const kubeProxy = '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy';
  const work = cloudWork(
    [
      { ...effect, effect: 'control-plane-update-started', to: '1.23' },
      { ...effect, effect: 'addon-update-started', addon: 'vpc-cni' },
      { ...effect, effect: 'object-changed', path: kubeProxy },
      { ...effect, effect: 'object-changed', path: '/api/v1/namespaces/kube-system/configmaps/aws-auth' },
    ],
    defaultDurations,
    { daemonSet: 2, deployment: 2 },
  );
  expect(work.map(({ kind, from, to }) => [kind, from, to])).toEqual([
    ['control-plane', 0, controlPlaneUpdate],
    ['unauthorized', controlPlaneUpdate, controlPlaneUpdate + unauthorizedAfterUpdate],
    ['add-on', 0, addonUpdate + rolloutMax],
    ['rollout', 0, rolloutBase + 2 * rolloutPerPod],
  ]);
});

it('reads from the log of the simulated Slack what the bot posted, and nothing else', () => {
  const entry = { at: new Date(5).toISOString(), simulatedAt: 50, kind: 'posted' };
  const metadata = { event_type: 'eks_upgrade_message', event_payload: { run: 'r', key: 'start' } };
  const log = [
    { ...entry, ts: '1.1', metadata },
    { ...entry, kind: 'edited', ts: '1.1', metadata },
    { ...entry, ts: '1.2', metadata: null },
  ];
  expect(posted(log)).toEqual([{ at: 5, simulatedAt: 50, ts: '1.1', run: 'r', key: 'start' }]);
});
