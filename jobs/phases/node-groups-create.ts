import { type GroupProof, proveGroup } from '#src/domain/group-proof.ts';
import type { ObservedNodeGroup } from '#src/domain/observation.ts';
import { listNames } from '#src/domain/step-title.ts';
import { activityGate } from '../activity-gate.ts';
import { describeOutcome, outputOf } from '../command-outcome.ts';
import { COMMAND_POLL_MS, commandOf, failed, type PhaseResult, pollMs } from '../phase.ts';
import { seeNodeGroups } from '../see-cluster.ts';
import type { NodeGroupsContext } from './node-groups-context.ts';
import { stackFailure } from './stack-failure.ts';

type Context = NodeGroupsContext<'create'>;
type Proofs = { name: string; proof: GroupProof }[];

/** eksctl waits 25 minutes for nodes to join; a little more before we call it failed. */
const NODES_LIMIT_MS = 30 * 60_000;

/**
 * Creates the groups that are missing with eksctl and proves each of them. eksctl silently leaves out a group whose
 * stack exists in whatever state, and says so with exit code 0: so nothing it prints or returns counts.
 */
export async function createGroups(context: Context): Promise<PhaseResult> {
  const { cloud, cluster, step } = context;
  const command = commandOf(context);
  if (command !== null && command.state.kind !== 'ended') return waitForCommand(context, command.args);
  const seen = await seeNodeGroups(cloud, cluster.name);
  const proofs = step.groups.map((name) => ({ name, proof: proveGroup(groupNamed(seen, name), step.version) }));
  const half = halfMade(context, seen);
  const evidence = proofs.flatMap(({ proof }) => (proof.kind === 'proven' ? [proof.evidence] : []));
  if (evidence.length === step.groups.length && half.length === 0) return { kind: 'done', evidence };

  const wrong = proofs.find(({ proof }) => proof.kind === 'wrong-version');
  if (wrong?.proof.kind === 'wrong-version') {
    return atWrongVersion({
      name: wrong.name,
      seen: wrong.proof.version,
      wanted: step.version,
      created: command?.args[0] === 'create',
    });
  }
  if (named(proofs, 'in-progress').length > 0) return wait(context, proofs, 'CloudFormation to finish');
  const broken = named(proofs, 'failed');
  if (broken.length > 0)
    return clearAway(
      context,
      seen.filter(({ name }) => broken.includes(name)),
    );
  if (half.length > 0) return startOver(context, half);
  const missing = named(proofs, 'missing');
  if (missing.length > 0) return create(context, missing);
  return waitForNodes(context, proofs);
}

function atWrongVersion({
  name,
  seen,
  wanted,
  created,
}: {
  name: string;
  seen: string;
  wanted: string;
  created: boolean;
}): PhaseResult {
  return created
    ? failed('NodeGroupAtWrongVersion', `eksctl created node group ${name} at ${seen} instead of ${wanted}`, {
        remedy:
          'See whether the config pins the AMI of this group; correct it, delete the group by hand, then abort and ask again',
      })
    : failed('NodeGroupAtWrongVersion', `node group ${name} exists already, at ${seen} instead of ${wanted}`, {
        remedy: 'Somebody created it meanwhile: delete it by hand if nobody uses it, then press Retry',
      });
}

/**
 * A failed stack is in the way of eksctl: the first attempt says why it failed, a retry removes what is left of it. One
 * that has nodes is deleted like any other: not under the people who use it.
 */
async function clearAway(context: Context, broken: ObservedNodeGroup[]): Promise<PhaseResult> {
  const { progress, cloud, cluster } = context;
  const names = broken.map(({ name }) => name);
  if (progress.attempt === 1 || wasCleared(context))
    return stackFailure({ cloud, cluster: cluster.name, groups: names });
  const gate = broken.some(({ nodes }) => nodes.length > 0) ? await activityGate(context) : null;
  if (gate !== null) return gate;
  const args = ['delete', 'nodegroup', `--include=${names.join(',')}`, '--approve', '--wait', '--drain=false'];
  return {
    kind: 'command',
    args,
    for: `eksctl to remove what is left of ${listNames(names)}`,
    memory: { cleared: 'yes' },
  };
}

/** A removal whose worker went away may have removed nothing: it is asked for again. */
function wasCleared(context: Context): boolean {
  const command = commandOf(context);
  const outcome = command?.args[0] === 'delete' && command.state.kind === 'ended' ? command.state.outcome.kind : null;
  return context.progress.memory.cleared === 'yes' && outcome !== 'lost' && outcome !== 'killed';
}

/**
 * eksctl maps the role of a group in aws-auth only after its stack is complete (pkg/actions/nodegroup/create.go,
 * `postNodeCreationTasks`). Cut off in between it leaves a complete stack whose nodes can never join; a group that wants
 * no nodes would even look proven. Only Ready nodes show that the mapping was made.
 */
function halfMade(context: Context, seen: ObservedNodeGroup[]): string[] {
  const command = commandOf(context);
  const wasCutOff = command?.args[0] === 'create' && isCutOff(context);
  const names = wasCutOff ? included(command.args) : (context.progress.memory.halfMade?.split(',') ?? []);
  return names.filter((name) => groupNamed(seen, name)?.nodes.some(({ ready }) => ready) === false);
}

/** Nobody can be on a group without a Ready node, so it may go. */
function startOver(context: Context, half: string[]): PhaseResult {
  const command = commandOf(context);
  if (command?.args[0] === 'delete' && !isCutOff(context)) {
    return failed(
      'NodeGroupsNotRemoved',
      `eksctl was cut off while it created ${half.join(', ')}, and what it left could not be removed`,
      {
        remedy: `Delete ${half.join(', ')} by hand, then press Retry`,
        detail: command.state.kind === 'ended' ? outputOf(command.state.outcome) || null : null,
      },
    );
  }
  const args = ['delete', 'nodegroup', `--include=${half.join(',')}`, '--approve', '--wait', '--drain=false'];
  const memory = { ...context.progress.memory, halfMade: half.join(',') };
  return {
    kind: 'command',
    args,
    for: `eksctl to remove ${listNames(half)}, which it was cut off from creating`,
    memory,
  };
}

/** The worker or the machine went away under it, or its time was up. */
function isCutOff(context: Context): boolean {
  const command = commandOf(context);
  return command?.state.kind === 'ended' && ['lost', 'killed', 'timed-out'].includes(command.state.outcome.kind);
}

function included(args: string[]): string[] {
  return args.flatMap((arg) => (arg.startsWith('--include=') ? arg.slice('--include='.length).split(',') : []));
}

function create(context: Context, missing: string[]): PhaseResult {
  const { progress, step } = context;
  const { halfMade: _removed, ...memory } = progress.memory;
  const command = commandOf(context);
  const outcome = command?.args[0] === 'create' && command.state.kind === 'ended' ? command.state.outcome : null;
  if (outcome === null || outcome.kind === 'lost' || outcome.kind === 'killed') {
    const args = ['create', 'nodegroup', `--include=${missing.join(',')}`];
    return { kind: 'command', args, for: `eksctl to create ${listNames(missing)} at ${step.version}`, memory };
  }
  return failed(
    'NodeGroupsMissing',
    `eksctl ended (${describeOutcome(outcome)}), but CloudFormation has no stack of ${missing.join(', ')}`,
    {
      remedy: 'See what eksctl printed, put that right, then press Retry',
      detail: outputOf(outcome) || null,
    },
  );
}

function waitForNodes(context: Context, proofs: Proofs): PhaseResult {
  const { progress, now, step } = context;
  const waiting = proofs.flatMap(({ name, proof }) =>
    proof.kind === 'nodes-missing' ? [`${name}: ${proof.ready} of ${proof.wanted}`] : [],
  );
  if (now - progress.at <= NODES_LIMIT_MS) {
    return {
      kind: 'wait',
      for: `nodes to join and become Ready at ${step.version} (${waiting.join(', ')})`,
      pollMs: 15_000,
    };
  }
  return failed('NodesNotReady', `nodes are not Ready 30 minutes after this step began (${waiting.join(', ')})`, {
    remedy: "Look at the nodes (and whether the group's role is in aws-auth), then press Retry",
  });
}

/**
 * Its end wakes the run. Until then nothing counts, however proven all groups look: eksctl maps the roles of groups that
 * want no nodes after their stacks are complete.
 */
function waitForCommand({ progress }: Context, args: string[]): PhaseResult {
  const what = args[0] === 'delete' ? 'eksctl to remove what is left of' : 'eksctl to create';
  return {
    kind: 'wait',
    for: `${what} ${listNames(included(args))}`,
    pollMs: COMMAND_POLL_MS,
    memory: progress.memory,
  };
}

function wait({ step, progress, now }: Context, proofs: Proofs, what: string): PhaseResult {
  const open = proofs.filter(({ proof }) => proof.kind !== 'proven').map(({ name }) => name);
  const poll = pollMs({ elapsedMs: now - progress.at, expectedMs: step.expectedMinutes * 60_000 });
  return { kind: 'wait', for: `${what} ${listNames(open)}`, pollMs: poll, memory: progress.memory };
}

function named(proofs: Proofs, kind: GroupProof['kind']): string[] {
  return proofs.filter(({ proof }) => proof.kind === kind).map(({ name }) => name);
}

function groupNamed(groups: ObservedNodeGroup[], name: string): ObservedNodeGroup | undefined {
  return groups.find((group) => group.name === name);
}
