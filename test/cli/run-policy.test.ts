import { expect, it } from 'vitest';
import { runPolicy } from '#src/cli/run-policy.ts';

async function policy(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const write = (to: string[]) => (text: string) => void to.push(text);
  const code = await runPolicy({ args, env: {}, now: () => 0, out: write(out), err: write(err) });
  return { code, out: out.join(''), err: err.join('') };
}

function resourcesOf(text: string): string[] {
  return (JSON.parse(text) as { Statement: { Resource: string[] }[] }).Statement.flatMap(({ Resource }) => Resource);
}

it('prints a policy with every cluster where it names one, and nothing else changed', async () => {
  const { code, out, err } = await policy('docs/iam-policy.json', 'coast', 'harbor');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const resources = resourcesOf(out);
  expect(resources).toContain('arn:aws:eks:*:*:cluster/coast');
  expect(resources).toContain('arn:aws:eks:*:*:cluster/harbor');
  expect(out).not.toContain('CLUSTER');
  expect(JSON.parse(out)).toMatchObject({ Version: '2012-10-17' });
});

it('ends the pattern of a role where CloudFormation cuts the name of a stack', async () => {
  const { out } = await policy('docs/iam-policy-eksctl.json', 'eksworkshop-eksctl');
  const pattern = resourcesOf(out).find((resource) => resource.includes(':role/')) ?? '';
  expect(pattern).toBe('arn:aws:iam::*:role/eksctl-eksworkshop-eksctl-nodegro*');
  expect('arn:aws:iam::111122223333:role/eksctl-eksworkshop-eksctl-nodegro-NodeInstanceRole-1U0K2ICFS67EX').toContain(
    pattern.slice('arn:aws:iam::*:'.length, -1),
  );
});

it.each(['iam-policy.json', 'iam-policy-eksctl.json', 'iam-policy-observe.json'])(
  'fits %s for one cluster with the longest name into a policy of AWS',
  async (file) => {
    expect((await policy(`docs/${file}`, 'c'.repeat(100))).err).toBe('');
  },
);

it('says that a policy for many clusters is longer than AWS takes', async () => {
  const clusters = Array.from({ length: 40 }, (_, i) => `cluster-${i}`);
  expect((await policy('docs/iam-policy-eksctl.json', ...clusters)).err).toMatch(
    /^note: \d+ characters, and AWS takes at most 6144 in a managed policy: name fewer clusters/,
  );
});

it.each([
  [[], 'error: the policy is missing'],
  [['docs/iam-policy.json'], 'error: name at least one cluster'],
  [['docs/iam-policy.json', 'coast*'], 'error: "coast*" is not the name of an EKS cluster'],
])('refuses %j and says what is wrong', async (args, words) => {
  const { code, err } = await policy(...args);
  expect(code).toBe(2);
  expect(err.split('\n')[0]).toBe(words);
});
