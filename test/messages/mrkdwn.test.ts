import { describe, expect, it } from 'vitest';
import {
  clip,
  code,
  duration,
  escapeMrkdwn,
  joined,
  names,
  outside,
  person,
  preformatted,
  when,
} from '#src/messages/mrkdwn.ts';

describe('escaping', () => {
  it.each([
    ['<!channel> & <@U1>', '&lt;!channel&gt; &amp; &lt;@U1&gt;'],
    ['&lt;', '&amp;lt;'],
    ['plain', 'plain'],
  ])('%s', (raw, escaped) => {
    expect(escapeMrkdwn(raw)).toBe(escaped);
  });

  it('keeps a backtick from ending a code span', () => {
    expect(code('a`*b*<x>')).toBe("`a'*b*&lt;x&gt;`");
  });

  it('keeps output from ending its code block', () => {
    expect(preformatted('one\n```\n<!here>', 100)).toBe("```\none\n'''\n&lt;!here&gt;\n```");
  });

  it('cuts before it escapes, so that no entity is cut', () => {
    expect(outside('&'.repeat(100), 60)).toBe(`${'&amp;'.repeat(4)} … (and 96 more characters)`);
  });
});

describe('people and times', () => {
  it.each([
    ['U0REQUEST', '<@U0REQUEST>'],
    ['shell:root', 'root (from a shell)'],
    ['shell:<!here>', '&lt;!here&gt; (from a shell)'],
    ['<@U1>', '&lt;@U1&gt;'],
  ])('%s is shown as %s', (by, shown) => {
    expect(person(by)).toBe(shown);
  });

  it('tells a moment in the time of the reader, and in UTC where that is not possible', () => {
    expect(when(Date.UTC(2023, 0, 17, 2, 11))).toBe(
      '<!date^1673921460^{date_short_pretty} {time}|2023-01-17 02:11 UTC>',
    );
  });

  it.each([
    [20_000, 'less than a minute'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [7_800_000, '2 h 10 min'],
  ])('%d ms is %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });
});

describe('shortening', () => {
  it('says how many names are left out', () => {
    expect(names(['nb-a', 'nb-b', 'nb-c'], 17)).toBe('`nb-a`, `nb-b`, and 1 more');
  });

  it('shows at least one item', () => {
    expect(joined(['a long one', 'another'], '; ', 3)).toBe('a long one; and 1 more');
  });

  it('says how many characters are left out', () => {
    expect(clip('word '.repeat(40), 100)).toBe(`${'word '.repeat(11)}word … (and 141 more characters)`);
  });

  it('keeps the end of output, where the reason stands', () => {
    expect(preformatted('first\nsecond\nthe reason', 16)).toBe('… and 2 earlier lines\n```\nthe reason\n```');
  });
});
