import { posix } from 'node:path';
import { UserError } from '#src/domain/errors.ts';
import { redactSecrets } from './redact-secrets.ts';

/** Names come from a fleet file: none may be read as an option, leave the repository, or reach git's own files. */
export function checkedPath(path: string): string {
  const parts = path.split('/');
  const isBad =
    path === '' ||
    path.startsWith('-') ||
    posix.isAbsolute(path) ||
    /[\0\\\n]/.test(path) ||
    parts.some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git');
  if (isBad)
    throw new UserError(
      'BadConfigPath',
      `"${path}" is not a path inside the repository: write it relative to the root, without ".."`,
    );
  return path;
}

/** Rules of git-check-ref-format(1), narrowed to names people use. */
export function checkedBranch(branch: string): string {
  const isGood =
    /^[A-Za-z0-9_][A-Za-z0-9_./+-]*$/.test(branch) &&
    !branch.includes('..') &&
    branch
      .split('/')
      .every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock') && !part.endsWith('.'));
  if (!isGood)
    throw new UserError(
      'BadBranchName',
      `"${branch}" is not a branch name: use letters, digits, "-", "_", "." and "/"`,
    );
  return branch;
}

export function checkedCommit(commit: string): string {
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit))
    throw new UserError('BadCommit', `"${commit}" is not a full commit id`);
  return commit;
}

/** `ext::…` and options are refused here, other kinds of remote by GIT_ALLOW_PROTOCOL. */
export function checkedRemote(remote: string): string {
  if (remote === '' || remote.startsWith('-') || remote.includes('::') || /[\0\n]/.test(remote)) {
    throw new UserError(
      'BadRemote',
      `"${redactSecrets(remote)}" is not a git remote: use a path, an ssh or an https address`,
    );
  }
  return remote;
}
