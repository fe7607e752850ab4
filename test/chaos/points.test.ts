import { describe, expect, test } from 'vitest';
import { choosePoints, groupPoints } from './choose-points.ts';
import { nameOf, type Point, pointsOf, type RecordedCall } from './points.ts';
import { callsIn } from './recordings.ts';

const call = (name: string, changes: Partial<RecordedCall> = {}): RecordedCall => ({
  call: name,
  effects: 0,
  stalls: false,
  ...changes,
});
const beforeCall = (name: string): Point => ({ call: name, side: 'before' });

describe('points', () => {
  test('lie before and after each call, at each effect of a command, and where a sleeper would act', () => {
    const recorded = [call('slack: post card'), call('eksctl create', { effects: 2 }), call('act', { stalls: true })];
    expect(pointsOf([recorded]).map(nameOf)).toEqual([
      'before slack: post card',
      'after slack: post card',
      'before eksctl create',
      'during-1 eksctl create',
      'during-2 eksctl create',
      'after eksctl create',
      'before act',
      'after act',
      'stalled-before act',
    ]);
  });

  test('are those that every recording has', () => {
    expect(pointsOf([[call('a'), call('chance')], [call('a')]]).map(nameOf)).toEqual(['before a', 'after a']);
  });

  test('leave out what depends on how busy the machine is', () => {
    const late = [call('slack: post delay:verify'), call('redis: commit step-late verify')];
    expect(pointsOf([late, late])).toEqual([]);
  });

  test('are counted once for repeated calls, with what was learnt of them later', () => {
    const text = [call('a'), call('b', { stalls: true }), call('a', { effects: 3 })]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
    expect(callsIn(text)).toEqual([call('a', { effects: 3 }), call('b', { stalls: true })]);
  });
});

describe('a choice of points', () => {
  const points = Array.from({ length: 20 }, (_, index) => beforeCall(`call ${index}`));

  test('takes those that match', () => {
    expect(choosePoints(points, { only: /call 1.$/, limit: null, seed: 1 })).toHaveLength(10);
  });

  test('takes the same sample for the same seed, in the order of the run', () => {
    const sample = (seed: number) => choosePoints(points, { only: null, limit: 5, seed });
    expect(sample(7)).toEqual(sample(7));
    expect(sample(7)).not.toEqual(sample(8));
    const places = sample(7).map((point) => points.indexOf(point));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

describe('points that share a world', () => {
  test('are far apart, and each is in one group', () => {
    const points = Array.from({ length: 7 }, (_, index) => beforeCall(String(index)));
    expect(groupPoints(points, 3).map((group) => group.map(({ call: name }) => name))).toEqual([
      ['0', '3', '6'],
      ['1', '4'],
      ['2', '5'],
    ]);
  });
});
