import { UserError } from '#src/domain/errors.ts';
import type { ToolVersion } from '#src/ports/tools.ts';

/** Throws when a command line tool is missing or older than what we have tried; returns one line a tool. */
export function checkTools(tools: ToolVersion[]): string[] {
  const problems = tools.map(problemOf).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new UserError('ToolMissing', `the worker lacks tools: ${problems.join('; ')}`);
  return tools.map(({ tool, found }) => `${tool} ${found.kind === 'version' ? found.version : ''}`);
}

function problemOf({ tool, minimum, found }: ToolVersion): string | undefined {
  if (found.kind === 'missing') return `${tool}: ${found.why} (install ${minimum} or newer)`;
  return isOlder(found.version, minimum)
    ? `${tool} ${found.version} is older than ${minimum}: install a newer one`
    : undefined;
}

/** Numeric comparison of dotted versions; what follows a `-` does not count. */
function isOlder(version: string, minimum: string): boolean {
  const parts = (text: string) => (text.split('-')[0] ?? '').split('.').map(Number);
  const [have, want] = [parts(version), parts(minimum)];
  for (let i = 0; i < want.length; i += 1) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
