import { wantedPush } from '#src/domain/config-push.ts';
import { pendingState } from '#src/domain/config-state.ts';
import type { Run } from '#src/domain/run.ts';
import { upgradeBranch } from '#src/domain/upgrade-branch.ts';
import { code, explained, outside, sentenceList } from './mrkdwn.ts';

/** The run's branch, as a link where there is a page of it. */
export function branchText({ configInGit }: Run): string | null {
  if (configInGit === undefined) return null;
  const { branch, link } = configInGit;
  return link === null ? code(branch) : `<${link}|${outside(branch)}>`;
}

/** What of the cluster's state stands in git, for people who go on from here; empty while nothing of the run belongs there. */
export function configInGitLines(run: Run): string[] {
  const isBehind = pendingState(run) !== null;
  const isThere = run.configInGit?.pushed?.commit != null;
  return [
    ...(isThere
      ? [`The branch ${branchText(run)} says ${says(run)}${isBehind ? '' : ', as it is in the cluster'}.`]
      : []),
    ...(run.configInGit?.failure == null && wantedPush(run) !== null ? [onItsWay(run)] : notPushedLines(run)),
  ];
}

function onItsWay(run: Run): string {
  return `The newest state is being pushed to ${branchText(run) ?? `the branch ${code(upgradeBranch(run.cluster, run.to))}`}.`;
}

/** That the newest state could not be pushed, and why; empty where it could. */
export function notPushedLines(run: Run): string[] {
  const failure = run.configInGit?.failure ?? null;
  if (failure === null || pendingState(run) === null) return [];
  const isTried = wantedPush(run) !== null;
  return [
    `The newest state ${isTried ? 'could not be pushed yet' : 'was not pushed'} to ${branchText(run)}: ${explained(failure.why)}${isTried ? ' It is tried again; the upgrade does not wait for it.' : ''}`,
  ];
}

function says({ configInGit }: Run): string {
  const { version, renames } = configInGit?.pushed?.state ?? { version: '', renames: [] };
  const names = renames.map(({ from, to }) => `${code(to)} in place of ${code(from)}`);
  return renames.length === 0 ? version : `${version} and ${sentenceList(names)}`;
}
