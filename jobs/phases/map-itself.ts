import { clusterAdminPolicy } from '#src/domain/bot-principal.ts';
import { TransientError } from '#src/domain/errors.ts';
import { planHash } from '#src/domain/plan-hash.ts';
import { type IntendedMapping, mappingId } from '#src/domain/self-mapping.ts';
import { idsOf } from '../ids-of.ts';
import { bootstrapOf, intendedMapping, isMapped } from '../look-inside.ts';
import { notMapped, notMappedIn } from '../not-mapped.ts';
import { failed, type PhaseContext, type PhaseResult, UNAUTHORIZED_GRACE_MS } from '../phase.ts';
import { observeAndPlan } from '../plan-upgrade.ts';

type Context = PhaseContext<'access'>;

const USERNAME = 'eks-upgrade-bot';
const POLL_MS = 5000;

/**
 * Kubernetes does not know the bot: it lets itself in, as the fleet file allows and the approved plan says, and not
 * otherwise. The start notice stands by now (`onlyLooks`). Whether it worked is what Kubernetes answers to the bot's own
 * credentials the next time; the authenticator sees a change after some seconds.
 */
export async function mapItself(context: Context): Promise<PhaseResult> {
  const { deps, cloud, cluster, run, step, progress, now, confirmClaim } = context;
  const mapping = await approvedMapping(context);
  if (mapping === null) return { kind: 'failed', failure: await notMappedIn(cloud, cluster) };
  if (await isMapped(cloud, cluster, mapping)) return waitForKubernetes(context, mapping);
  await confirmClaim();
  deps.log.info({ ...idsOf(run, step), ...mapping }, 'mapping the bot in Kubernetes');
  await act(context, mapping);
  return {
    kind: 'wait',
    for: forKubernetes(mapping),
    pollMs: POLL_MS,
    memory: { ...progress.memory, mappedAt: String(now) },
    notes: [...progress.notes, `Kubernetes did not know the bot: ${mappedText(mapping)}`],
  };
}

/** What the plan says and is so, from a look made after it; empty where the bot was known already. */
export async function mappingEvidence(context: Context): Promise<string[]> {
  const mapping = await approvedMapping(context);
  if (mapping === null || !(await isStillMapped(context, mapping))) return [];
  return [`${mappedText(mapping)}, and Kubernetes knows the bot by its own credentials`];
}

/** The plan was made without a look into the cluster: the one that is made with it must be the same, but for warnings. */
export async function planOtherwise({ deps, run, plan }: Context): Promise<PhaseResult | null> {
  const { planned } = await observeAndPlan(deps, run);
  const fresh = planned.kind === 'plan' ? planned.plan : null;
  if (fresh?.refusals.length === 0 && planHash({ ...fresh, warnings: plan.warnings }) === plan.hash) return null;
  const refusals = fresh?.refusals.map(({ text }) => text) ?? [];
  return failed(
    'PlanChanged',
    'now that the bot can look into the cluster, the plan would be another one than was approved',
    {
      remedy:
        'Abort this run (nothing was upgraded) and ask again: the bot is let in now, so the next plan shows it all',
      detail: refusals.length === 0 ? null : refusals.join('\n'),
    },
  );
}

/** null: the fleet file, or who the bot is, is not what the plan was approved with. */
async function approvedMapping({ cloud, cluster, plan }: Context): Promise<IntendedMapping | null> {
  if (cluster.access === null) return null;
  const { authenticationMode: mode } = await cloud.eks.describeCluster(cluster.name);
  const mapping = await intendedMapping(cloud, { cluster, mode });
  return mapping !== null && plan.warnings.some(({ id }) => id === mappingId(mapping)) ? mapping : null;
}

/** The bot is in: what the bootstrap role may look at by now is no reason to stop. */
async function isStillMapped({ cloud, cluster }: Context, mapping: IntendedMapping): Promise<boolean> {
  return isMapped(cloud, cluster, mapping).catch((error: unknown) => {
    if (error instanceof TransientError) throw error;
    return false;
  });
}

async function act({ cloud, cluster }: Context, { arn, how }: IntendedMapping): Promise<void> {
  switch (how.kind) {
    case 'bootstrap-role':
      return bootstrapOf(cloud, cluster).mapPrincipal({ arn, username: USERNAME, groups: how.groups });
    case 'access-entry':
      return cloud.eks.grantClusterAccess({
        cluster: cluster.name,
        principalArn: arn,
        policyArn: clusterAdminPolicy(arn),
      });
    default:
      return how satisfies never;
  }
}

async function waitForKubernetes(
  { cloud, cluster, progress, now }: Context,
  mapping: IntendedMapping,
): Promise<PhaseResult> {
  const mappedAt = Number(progress.memory['mappedAt'] ?? now);
  if (now - mappedAt > UNAUTHORIZED_GRACE_MS) {
    const { authenticationMode: mode } = await cloud.eks.describeCluster(cluster.name);
    const failure = notMapped(cluster, { callerArn: mapping.arn, mode });
    return {
      kind: 'failed',
      failure: {
        ...failure,
        message: `${mappedText(mapping)}, but after 10 minutes Kubernetes still does not know the bot in cluster ${cluster.name} (401)`,
        remedy:
          'See whether the mapping is right (an access entry wants the path of a role, aws-auth must not have it), then press Check again',
      },
    };
  }
  const memory = { ...progress.memory, mappedAt: String(mappedAt) };
  return { kind: 'wait', for: forKubernetes(mapping), pollMs: POLL_MS, memory };
}

function forKubernetes({ arn }: IntendedMapping): string {
  return `Kubernetes to know ${arn}`;
}

function mappedText({ arn, how }: IntendedMapping): string {
  return how.kind === 'bootstrap-role'
    ? `aws-auth maps ${arn} to ${how.groups.join(', ')}, written as ${how.roleArn}`
    : `${arn} has an access entry with the policy AmazonEKSClusterAdminPolicy`;
}
