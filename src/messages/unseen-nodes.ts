import { PHASE_OUT } from '#src/domain/observation.ts';
import type { Run } from '#src/domain/run.ts';
import { stepsMaybeClosing } from '#src/domain/run-progress.ts';
import { explained, names, preformatted } from './mrkdwn.ts';

/** What is told after an abort when Kubernetes was away: nodes may be closed still, and how to open them by hand. */
export function unseenNodesLines(run: Run): string[] {
  if (run.unseenNodes === undefined) return [];
  const closing = stepsMaybeClosing(run);
  const groups = names([...new Set(closing.flatMap((step) => step.groups))]);
  if (run.unseenNodes === null)
    return [`*Nodes:* Those of ${groups} have been looked at since, and none is closed by this run any more.`];
  return [
    `*Nodes that could not be looked at:* ${explained(run.unseenNodes.why)} Nodes of ${groups} may still be closed to new servers or pods. The bot looks again for an hour after the abort. By hand, as soon as Kubernetes answers:`,
    preformatted(commands(closing).join('\n'), 1200),
  ];
}

/** Both act on all nodes with a label: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_uncordon/ */
function commands(closing: ReturnType<typeof stepsMaybeClosing>): string[] {
  return closing.flatMap(({ groups, isManaged, cordons }) => {
    const label = isManaged ? 'eks.amazonaws.com/nodegroup' : 'alpha.eksctl.io/nodegroup-name';
    const selector = `-l '${label} in (${groups.join(',')})'`;
    return [
      `kubectl taint nodes ${selector} ${PHASE_OUT.key}:${PHASE_OUT.effect}-`,
      ...(cordons ? [`kubectl uncordon ${selector}`] : []),
    ];
  });
}
