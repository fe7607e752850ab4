import type { Run } from '#src/domain/run.ts';
import { sections } from './blocks.ts';
import { clusterStateLines, meaningForUsers, stateHeading } from './cluster-state.ts';
import { configInGitLines } from './config-in-git.ts';
import { hasStarted, type Message, notice } from './message.ts';
import { byWhom, outside } from './mrkdwn.ts';

const MERGE_IT =
  'Merge the branch, or delete it if the config is right as it is: until then the next upgrade of this cluster is refused.';

/**
 * Who was told that maintenance begins must be told that it is over, and what is left. It is a notice, because an edit
 * of the failure notice reaches nobody, and an abort at a gate has no failure notice.
 */
export function abortedNotice(run: Run): Message[] {
  if (run.state.kind !== 'aborted' || !hasStarted(run)) return [];
  const headline = `Maintenance of ${outside(run.cluster)} is over: the upgrade from ${run.plan.from} to ${run.plan.to} was aborted ${byWhom(run.state.decision)}.`;
  const rest = `The bot changes nothing more, and nothing was undone. ${meaningForUsers(run)}`;
  const inGit = configInGitLines(run);
  return [
    notice({
      key: 'aborted',
      text: `${headline} ${rest}`,
      blocks: [
        ...sections([`*${headline}*`, rest]),
        ...sections([stateHeading('State in which the cluster is left', run), ...clusterStateLines(run)], 4000),
        ...(inGit.length === 0 ? [] : sections(['*Config in git*', ...inGit, MERGE_IT], 1500)),
      ],
    }),
  ];
}
