import { pendingState } from '#src/domain/config-state.ts';
import { hasEnded, type Run } from '#src/domain/run.ts';
import { code, explained, outside, sentenceList } from './mrkdwn.ts';

/** The run's branch, as a link where there is a page of it. */
export function branchText({ configInGit }: Run): string | null {
  if (configInGit === undefined) return null;
  const { branch, link } = configInGit;
  return link === null ? code(branch) : `<${link}|${outside(branch)}>`;
}

/** What of the cluster's state stands in git, for people who go on from here; empty while nothing of the run belongs there. */
export function configInGitLines(run: Run): string[] {
  const branch = branchText(run);
  const { configInGit } = run;
  if (branch === null || configInGit === undefined) return [];
  const { pushed, failure } = configInGit;
  const isBehind = pendingState(run) !== null;
  return [
    ...(pushed?.commit == null
      ? []
      : [`The branch ${branch} says ${says(run)}${isBehind ? '' : ', as it is in the cluster'}.`]),
    ...(failure === null
      ? []
      : [
          `${hasEnded(run) ? 'The newest state was not pushed' : 'The newest state could not be pushed yet'} to ${branch}: ${explained(failure.why)}${hasEnded(run) ? '' : ' It is tried again; the upgrade does not wait for it.'}`,
        ]),
  ];
}

function says({ configInGit }: Run): string {
  const { version, renames } = configInGit?.pushed?.state ?? { version: '', renames: [] };
  const names = renames.map(({ from, to }) => `${code(to)} in place of ${code(from)}`);
  return renames.length === 0 ? version : `${version} and ${sentenceList(names)}`;
}
