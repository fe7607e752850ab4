import { expect, test } from 'vitest';
import { nearestNames } from '#src/domain/nearest-names.ts';

const fleet = ['coast', 'coast-staging', 'harbour', 'lighthouse'];

test.each([
  { wanted: 'cosat', near: ['coast'] },
  { wanted: 'Coast', near: ['coast', 'coast-staging'] },
  { wanted: 'harbor', near: ['harbour'] },
  { wanted: 'light', near: ['lighthouse'] },
  { wanted: 'mountain', near: [] },
  { wanted: '', near: [] },
])('"$wanted" may mean $near', ({ wanted, near }) => {
  expect(nearestNames(wanted, fleet)).toEqual(near);
});

test('gives no more than asked for', () => {
  expect(nearestNames('aa', ['ab', 'ac', 'ad', 'ae'], 2)).toEqual(['ab', 'ac']);
});
