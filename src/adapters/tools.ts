import type { Tools, ToolVersion } from '#src/ports/tools.ts';
import { runSubprocess, type Subprocess } from './subprocess.ts';

/**
 * Minimum versions, and why:
 * - eksctl 0.200.0: the first of 2025. Older ones know neither EKS 1.32 nor today's add-on manifests, and do not
 *   refuse retired versions (DescribeClusterVersions); configs of the 1.2x era are meant to be run with today's eksctl.
 * - jsonnet 0.18.0: what Debian ships and the configs were written with; 0.19 and 0.20 only add to the library.
 * - git 2.30.0: `fetch --no-write-fetch-head` (2.29) and the fixes of the 2.30 maintenance line.
 */
const MINIMUM = { eksctl: '0.200.0', jsonnet: '0.18.0', git: '2.30.0' } as const;

const VERSION_ARGS = { eksctl: ['version'], jsonnet: ['--version'], git: ['--version'] } as const;

const TIMEOUT_MS = 20_000;

/** Real milliseconds for which an answer counts: ten runs that begin together need not start thirty processes to ask. */
const FRESH_MS = 60_000;

export type ToolsDeps = {
  programs: Readonly<Record<ToolVersion['tool'], string>>;
  inheritedEnv: Readonly<Record<string, string>>;
  /** Which of them are needed here; absent: all. */
  needed?: readonly ToolVersion['tool'][];
  /** Any folder that exists. */
  directory: string;
  subprocess?: Subprocess;
};

export function createTools(deps: ToolsDeps): Tools {
  const { programs, inheritedEnv, directory, subprocess = runSubprocess } = deps;
  const needed = deps.needed ?? (['eksctl', 'jsonnet', 'git'] as const);
  const { PATH = '', HOME = directory } = inheritedEnv;
  const versionOf = async (tool: ToolVersion['tool']): Promise<ToolVersion> => {
    const result = await subprocess({
      program: programs[tool],
      args: VERSION_ARGS[tool],
      cwd: directory,
      env: { PATH, HOME },
      timeoutMs: TIMEOUT_MS,
    });
    return { tool, minimum: MINIMUM[tool], found: foundIn(tool, result) };
  };
  let known: { at: number; versions: Promise<ToolVersion[]> } | null = null;
  return {
    versions: async () => {
      if (known === null || performance.now() - known.at > FRESH_MS)
        known = {
          at: performance.now(),
          versions: Promise.all(needed.map(versionOf)),
        };
      const asked = known;
      const versions = await asked.versions.catch((error: unknown) => {
        known = null;
        throw error;
      });
      // Somebody is about to install it, and then presses the button.
      if (known === asked && versions.some(({ found }) => found.kind === 'missing')) known = null;
      return versions;
    },
  };
}

function foundIn(tool: string, result: Awaited<ReturnType<Subprocess>>): ToolVersion['found'] {
  switch (result.kind) {
    case 'spawn-failed':
      return { kind: 'missing', why: result.message };
    case 'timed-out':
      return { kind: 'missing', why: `${tool} did not say its version within ${result.timeoutMs / 1000} seconds` };
    case 'killed':
      return { kind: 'missing', why: `${tool} was ended by ${result.signal} when asked for its version` };
    case 'exited': {
      // `0.230.0`, `0.230.0-rc.0+a1b2c3`, `Jsonnet commandline interpreter (Go implementation) v0.20.0`, `git version 2.39.5`
      const version = /\bv?(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
      if (result.code === 0 && version !== undefined) return { kind: 'version', version };
      return {
        kind: 'missing',
        why: `${tool} exited with ${result.code} and said no version: ${result.all.trim().slice(-300)}`,
      };
    }
    default:
      return result satisfies never;
  }
}
