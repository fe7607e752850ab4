import { isEksctlBusy } from '#src/domain/run-progress.ts';
import { idsOf } from './ids-of.ts';
import type { PhaseContext } from './phase.ts';
import { liftLeftovers } from './phase-out.ts';

type Context = Pick<PhaseContext<'verify'>, 'deps' | 'cloud' | 'run' | 'step' | 'confirmClaim'>;
type Left = { problems: string[]; evidence: string[]; notes: string[] };

/**
 * Nothing of the run stays behind: no taint that keeps people off, no cordon, no eksctl, no checkout of a worker that died on this host. A node that takes no new pods
 * and did when the run began is somebody else's doing by now: that is said, and left alone.
 */
export async function clearLeftovers({ deps, cloud, run, step, confirmClaim }: Context): Promise<Left> {
  const removed = await deps.tidyUp();
  if (removed.length > 0)
    deps.log.info({ ...idsOf(run, step), removed }, 'removed what workers that are gone left behind');
  await liftLeftovers(cloud, { confirmClaim });
  for (const { name: node, cordonedBy } of await cloud.drain.nodes()) {
    if (cordonedBy !== run.id) continue;
    await confirmClaim();
    await cloud.drain.uncordon({ node, runId: run.id });
  }
  const before = run.healthBefore?.cordonedNodes ?? [];
  const cordoned = (await cloud.kubernetes.nodes()).filter(
    ({ name, unschedulable }) => unschedulable && !before.includes(name),
  );
  return {
    problems: isEksctlBusy(run) ? ['an eksctl command of the run has not ended'] : [],
    evidence: [`no ${cordoned.length === 0 ? 'cordon, no ' : ''}taint, no eksctl and no checkout of the run is left`],
    notes: cordoned.map(
      ({ name }) =>
        `node ${name} is cordoned and was not when the upgrade began: kubectl uncordon ${name} if nobody needs that`,
    ),
  };
}
