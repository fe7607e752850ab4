import { describe, expect, it } from 'vitest';
import { alternateName, isCoreGroup } from '#src/domain/core-groups.ts';

describe('alternateName', () => {
  it.each([
    ['core-a', 'core-b'],
    ['core-b', 'core-a'],
    ['core-c', 'core-d'],
    ['core-z', 'core-y'],
    ['core-r8i-flex-large-b', 'core-r8i-flex-large-a'],
    ['core', undefined],
    ['core-1', undefined],
    ['core-main', undefined],
    ['a', undefined],
    ['core-A', undefined],
  ])('%s → %s', (name, other) => {
    expect(alternateName(name)).toBe(other);
  });

  it('leads back when it is taken twice', () => {
    for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
      expect(alternateName(alternateName(`core-${letter}`) ?? '')).toBe(`core-${letter}`);
    }
  });
});

describe('isCoreGroup', () => {
  it.each([
    ['core-a', ['core-*'], true],
    ['hardcore-a', ['core-*'], false],
    ['core.a', ['core?a'], true],
    ['coreXa', ['core.a'], false],
    ['main', ['core-*', 'main'], true],
    ['core-a', [], false],
  ])('%s by %j: %s', (name, patterns, expected) => {
    expect(isCoreGroup(name, patterns)).toBe(expected);
  });
});
