import { describe, expect, it } from 'vitest';
import { labelSelector } from './kubernetes/selectors.ts';

describe('label selectors', () => {
  it.each([
    ['', true],
    ['a=1', true],
    ['a==1,b!=3', true],
    ['a=2', false],
    ['a in (1, 2),b', true],
    ['a notin (1,2)', false],
    ['missing notin (1)', true],
    ['!a', false],
    ['!missing', true],
    ['app.kubernetes.io/component in (dask-scheduler, dask-worker)', false],
  ])('%s on a=1,b=2: %s', (selector, expected) => {
    expect(labelSelector(selector)?.({ a: '1', b: '2' })).toBe(expected);
  });

  it('that cannot be read are refused', () => {
    expect(labelSelector('a in 1')).toBeNull();
  });
});
