import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Subprocess, SubprocessResult } from '#src/adapters/subprocess.ts';
import { createTools } from '#src/adapters/tools.ts';

const inheritedEnv = { PATH: '/usr/local/bin:/usr/bin:/bin' };
const programs = { eksctl: 'eksctl', jsonnet: 'jsonnet', git: 'git' };

function toolsThatAnswer(answer: SubprocessResult) {
  const subprocess: Subprocess = () => Promise.resolve(answer);
  return createTools({ programs, inheritedEnv, directory: tmpdir(), subprocess });
}

function printed(stdout: string, code = 0): SubprocessResult {
  return { kind: 'exited', code, stdout, stderr: '', all: stdout, truncated: false };
}

describe('versions of the tools', () => {
  it('finds those that are installed and says why one is missing', async () => {
    const tools = createTools({
      programs: { ...programs, eksctl: '/no/such/eksctl' },
      inheritedEnv,
      directory: tmpdir(),
    });

    expect(await tools.versions()).toEqual([
      {
        tool: 'eksctl',
        minimum: '0.200.0',
        found: { kind: 'missing', why: 'cannot start /no/such/eksctl: no such file, or not executable' },
      },
      {
        tool: 'jsonnet',
        minimum: '0.18.0',
        found: { kind: 'version', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      },
      { tool: 'git', minimum: '2.30.0', found: { kind: 'version', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) } },
    ]);
  });

  it.each([
    ['0.230.0\n', '0.230.0'],
    ['0.231.0-rc.0+0b1f2c\n', '0.231.0'],
    ['Jsonnet commandline interpreter v0.18.0\n', '0.18.0'],
    ['Jsonnet commandline interpreter (Go implementation) v0.20.0\n', '0.20.0'],
    ['git version 2.39.5 (Apple Git-154)\n', '2.39.5'],
  ])('reads %j', async (stdout, version) => {
    const [first] = await toolsThatAnswer(printed(stdout)).versions();
    expect(first?.found).toEqual({ kind: 'version', version });
  });

  it.each<[string, SubprocessResult, string]>([
    ['fails', printed('no such command\n', 1), 'eksctl exited with 1 and said no version: no such command'],
    ['says nothing', printed(''), 'eksctl exited with 0 and said no version: '],
    [
      'hangs',
      { kind: 'timed-out', timeoutMs: 20_000, stdout: '', stderr: '', all: '', truncated: false },
      'eksctl did not say its version within 20 seconds',
    ],
  ])('a tool that %s is missing', async (_title, answer, why) => {
    const [first] = await toolsThatAnswer(answer).versions();
    expect(first?.found).toEqual({ kind: 'missing', why });
  });

  it('are asked for once for all that want to know, and again when one was missing', async () => {
    const asked: string[] = [];
    let jsonnet = printed('');
    const subprocess: Subprocess = ({ program }) => {
      asked.push(program);
      return Promise.resolve(program === 'jsonnet' ? jsonnet : printed('9.9.9'));
    };
    const tools = createTools({ programs, inheritedEnv, directory: tmpdir(), subprocess });

    await Promise.all([tools.versions(), tools.versions()]);
    expect(asked).toHaveLength(3);
    jsonnet = printed('9.9.9');
    await tools.versions();
    await tools.versions();
    expect(asked).toHaveLength(6);
  });
});
