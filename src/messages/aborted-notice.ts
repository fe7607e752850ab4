import type { Run } from '#src/domain/run.ts';
import { isGiveBack } from '#src/domain/run-progress.ts';
import { sections } from './blocks.ts';
import { clusterStateLines, meaningForUsers, stateHeading } from './cluster-state.ts';
import { configInGitLines } from './config-in-git.ts';
import { hasStarted, type Message, notice, type StartedRun } from './message.ts';
import { byWhom, names, outside } from './mrkdwn.ts';
import { unseenNodesLines } from './unseen-nodes.ts';

const MERGE_IT =
  'Merge the branch, or delete it if the config is right as it is: until then the next upgrade of this cluster is refused.';

/**
 * Who was told that maintenance begins must be told that it is over, and what is left. It is a notice, because an edit
 * of the failure notice reaches nobody, and an abort at a gate has no failure notice.
 */
export function abortedNotice(run: Run): Message[] {
  if (run.state.kind !== 'aborted' || !hasStarted(run)) return [];
  const headline = `Maintenance of ${outside(run.cluster)} is over: the upgrade from ${run.plan.from} to ${run.plan.to} was aborted ${byWhom(run.state.decision)}.`;
  const rest = `The bot changes nothing more${whatCameBack(run)}. ${meaningForUsers(run)}`;
  const inGit = configInGitLines(run);
  return [
    notice({
      key: 'aborted',
      text: `${headline} ${rest}`,
      blocks: [
        ...sections([`*${headline}*`, rest]),
        ...sections([stateHeading('State in which the cluster is left', run), ...clusterStateLines(run)], 4000),
        ...sections(unseenNodesLines(run), 3000),
        ...(inGit.length === 0 ? [] : sections(['*Config in git*', ...inGit, MERGE_IT], 1500)),
      ],
    }),
  ];
}

/** Groups that it had deleted; all else that it changed stays. */
function whatCameBack(run: StartedRun): string {
  const back = run.plan.steps.filter(isGiveBack).filter(({ id }) => run.steps[id]?.kind === 'done');
  if (back.length === 0) return ', and nothing was undone';
  const groups = back.map(({ groups: list, version }) => `${names(list)} at ${version}`).join(', ');
  return `. Node groups that it had deleted are there again (${groups}); all else stays as it is`;
}
