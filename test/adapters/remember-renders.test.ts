import { expect, it } from 'vitest';
import { createRememberRenders } from '#src/adapters/remember-renders.ts';

const WHAT = ['git.example.org/clusters', 'c0ffee', 'coast.jsonnet', '{}'];

function counted(answer: () => Promise<string>) {
  const calls = { count: 0 };
  const render = (): Promise<string> => {
    calls.count += 1;
    return answer();
  };
  return { calls, render };
}

it('renders the same text of the same commit once', async () => {
  const remember = createRememberRenders();
  const { calls, render } = counted(async () => 'rendered');
  expect([await remember(WHAT, render), await remember(WHAT, render)]).toEqual(['rendered', 'rendered']);
  expect(calls.count).toBe(1);
});

it.each([0, 1, 2, 3])('renders anew where part %i is another', async (part) => {
  const remember = createRememberRenders();
  await remember(WHAT, async () => 'before');
  const other = WHAT.map((one, index) => (index === part ? `${one}!` : one));
  expect(await remember(other, async () => 'after')).toBe('after');
});

it('tries again what did not evaluate', async () => {
  const remember = createRememberRenders();
  await expect(remember(WHAT, () => Promise.reject(new Error('unexpected token')))).rejects.toThrow('unexpected token');
  expect(await remember(WHAT, async () => 'rendered')).toBe('rendered');
});

it('forgets what was not asked for in a long time', async () => {
  const remember = createRememberRenders();
  const { calls, render } = counted(async () => 'rendered');
  await remember(WHAT, render);
  for (let other = 0; other < 200; other += 1) await remember([String(other)], async () => '');
  await remember(WHAT, render);
  expect(calls.count).toBe(2);
});
