import { proveGroup } from '#src/domain/group-proof.ts';
import { isEksctlBusy } from '#src/domain/run-progress.ts';
import { listNames } from '#src/domain/step-title.ts';
import type { NodeGroupStack } from '#src/ports/node-group-stacks.ts';
import { describeOutcome, outputOf } from '../command-outcome.ts';
import { COMMAND_POLL_MS, commandOf, failed, type PhaseResult, pollMs } from '../phase.ts';
import { phaseOut } from '../phase-out.ts';
import { seeNodeGroups } from '../see-cluster.ts';
import { drainCore, goOnDraining } from './core-drain.ts';
import type { NodeGroupsContext } from './node-groups-context.ts';
import { keepOut, ownRoles, rolesLeft } from './node-roles.ts';
import { replacementsOf } from './replacements.ts';
import { stackFailure } from './stack-failure.ts';
import { waitUntilShown } from './wait-until-shown.ts';

type Context = NodeGroupsContext<'delete'>;

const CORE_POLL_MS = 30_000;

/**
 * Deletes groups with eksctl and sees their stacks gone: eksctl prints "deleted" for what it only asked for, and a
 * group created while its old stack still exists is silently left out.
 */
export async function deleteGroups(context: Context): Promise<PhaseResult> {
  const { cloud, cluster, step } = context;
  const command = commandOf(context);
  // Its end wakes the run: it still takes the roles of deleted groups out of aws-auth when their stacks are gone.
  if (command !== null && command.state.kind !== 'ended')
    return { ...wait(context, step.groups), pollMs: COMMAND_POLL_MS };
  const moving = command === null ? await goOnDraining(context) : null;
  if (moving !== null) return moving;
  const stacks = (await cloud.stacks.list(cluster.name)).filter((stack) => step.groups.includes(stack.group));
  if (stacks.length === 0) return stacksGone(context);

  const deleting = stacks.filter(({ status }) => status === 'DELETE_IN_PROGRESS').map(({ group }) => group);
  if (deleting.length > 0) return wait(context, deleting);
  const outcome = command?.state.kind === 'ended' ? command.state.outcome : null;
  const stuck = stacks.filter(({ status }) => status === 'DELETE_FAILED').map(({ group }) => group);
  if (stuck.length > 0 && outcome !== null) {
    return stackFailure({ cloud, cluster, groups: stuck });
  }
  const left = stacks.map(({ group }) => group);
  if (outcome === null || outcome.kind === 'lost' || outcome.kind === 'killed') return deleteNow(context, stacks);
  const shown = waitUntilShown(context, `CloudFormation to show the deletion of ${listNames(left)}`);
  if (shown !== null) return shown;
  return failed(
    'NodeGroupsNotDeleted',
    `${describeOutcome(outcome)}, and ${left.join(', ')} still exist in CloudFormation`,
    {
      remedy: 'See what eksctl printed, put that right, then press Retry',
      detail: outputOf(outcome) || null,
    },
  );
}

async function stacksGone(context: Context): Promise<PhaseResult> {
  const { step, progress } = context;
  const left = await rolesLeft(context, { noted: rolesIn(progress), groups: step.groups });
  if (left.length > 0) return keepOut(context, left, { wasCutOff: step.role !== 'core' });
  return { kind: 'done', evidence: [`no stack of ${step.groups.join(', ')} is left`] };
}

/** People first: their nodes are closed for new servers, and activity is counted again. */
async function deleteNow(context: Context, stacks: NodeGroupStack[]): Promise<PhaseResult> {
  const unproven = await replacementUnproven(context);
  if (unproven !== null) return unproven;
  const groups = stacks.map(({ group }) => group);
  const moving = await drainCore(context);
  if (moving !== null) return moving;
  // While eksctl is busy the command only waits for its turn: nodes are closed right before they go, not for minutes.
  const inTheWay = isEksctlBusy(context.run) ? null : await phaseOut(context, groups);
  if (inTheWay !== null) return inTheWay;
  const args = ['delete', 'nodegroup', `--include=${groups.join(',')}`, '--approve', ...howLong(context.step, stacks)];
  const action = { kind: 'command', args, for: `eksctl to delete ${listNames(groups)}` } as const;
  // Which they are is known only as long as the stacks are there.
  const roles = new Set([...rolesIn(context.progress), ...ownRoles(stacks)]);
  return roles.size === 0 ? action : { ...action, memory: { ...context.progress.memory, roles: [...roles].join(' ') } };
}

/**
 * Without waiting eksctl would take the role out of aws-auth while nodes still run with it: it is left in, and taken out
 * when the stacks are gone. A role that others may use is mapped once for each group, which only eksctl keeps count of.
 */
function howLong({ role }: Context['step'], stacks: NodeGroupStack[]): string[] {
  const begins = role === 'core' && ownRoles(stacks).length === stacks.length;
  return begins ? ['--update-auth-configmap=false', '--drain=false'] : ['--wait', '--drain=false'];
}

function rolesIn({ memory }: Context['progress']): string[] {
  return memory.roles?.split(' ') ?? [];
}

/**
 * The core group that replaces an old one was proven in a step of its own, but hours may lie between, at a gate or in a
 * stop: it is seen again right before the old one is deleted. null: nothing is in the way.
 */
async function replacementUnproven(context: Context): Promise<PhaseResult | null> {
  const { cloud, cluster, step } = context;
  const replacements = replacementsOf(context);
  if (replacements.length === 0) return null;
  const seen = await seeNodeGroups(cloud, cluster.name);
  for (const name of replacements) {
    const proof = proveGroup(
      seen.find((group) => group.name === name),
      step.version,
    );
    if (proof.kind === 'proven') continue;
    if (proof.kind === 'nodes-missing' || proof.kind === 'in-progress') {
      return { kind: 'wait', for: `core group ${name} to be Ready before anything is deleted`, pollMs: 15_000 };
    }
    const how = proof.kind === 'wrong-version' ? `at ${proof.version} instead of ${step.version}` : proof.kind;
    return failed('ReplacementMissing', `core group ${name}, which replaces what is to be deleted, is ${how}`, {
      remedy:
        'Nothing was deleted by this attempt: abort, and ask for the upgrade again to get a plan from what is there now',
    });
  }
  return null;
}

function wait({ step, progress, now }: Context, groups: string[]): Extract<PhaseResult, { kind: 'wait' }> {
  const expected = pollMs({ elapsedMs: now - progress.at, expectedMs: step.expectedMinutes * 60_000 });
  // No command's end wakes the run when eksctl has only begun it.
  const poll = step.role === 'core' ? Math.min(expected, CORE_POLL_MS) : expected;
  return { kind: 'wait', for: `the stacks of ${listNames(groups)} to be gone`, pollMs: poll };
}
