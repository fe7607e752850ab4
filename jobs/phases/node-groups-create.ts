import { alternateName } from '#src/domain/core-groups.ts';
import { type GroupProof, proveGroup } from '#src/domain/group-proof.ts';
import type { ObservedNodeGroup } from '#src/domain/observation.ts';
import { isEksctlBusy } from '#src/domain/run-progress.ts';
import { listNames } from '#src/domain/step-title.ts';
import { parseVersion } from '#src/domain/version.ts';
import { describeOutcome, outputOf } from '../command-outcome.ts';
import { rolesKeptOut, withoutReadyNode } from '../let-in.ts';
import { COMMAND_POLL_MS, commandOf, failed, type PhaseResult, pollMs } from '../phase.ts';
import { phaseOut } from '../phase-out.ts';
import { seeNodeGroups } from '../see-cluster.ts';
import type { NodeGroupsContext } from './node-groups-context.ts';
import { letIn } from './node-roles.ts';
import { stackFailure } from './stack-failure.ts';
import { waitUntilShown } from './wait-until-shown.ts';

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
  const proofs = step.groups.map((name) => ({ name, proof: proofOf(groupNamed(seen, name), step) }));
  const evidence = proofs.flatMap(({ proof }) => (proof.kind === 'proven' ? [proof.evidence] : []));
  const isProven = evidence.length === step.groups.length;
  const doubtful = withoutReadyNode(seen.filter(({ name }) => step.groups.includes(name)));
  if (isProven) {
    const keptOut = await rolesKeptOut(cloud, { cluster: cluster.name, groups: doubtful });
    return keptOut.length === 0 ? { kind: 'done', evidence } : letIn(context, keptOut);
  }

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
  const missing = named(proofs, 'missing');
  // What can be given back is, whatever became of the others.
  if (step.givesBack && missing.length > 0) return create(context, missing, seen);
  const broken = named(proofs, 'failed');
  if (broken.length > 0) {
    // eksctl maps no role when one stack of its command fails: people need not do without the others while they decide.
    const whole = doubtful.filter((name) => !broken.includes(name));
    const keptOut = await rolesKeptOut(cloud, { cluster: cluster.name, groups: whole });
    if (keptOut.length > 0) return letIn(context, keptOut);
    return clearAway(
      context,
      seen.filter(({ name }) => broken.includes(name)),
    );
  }
  if (missing.length > 0) return create(context, missing, seen);
  const keptOut = await rolesKeptOut(cloud, { cluster: cluster.name, groups: doubtful });
  return keptOut.length === 0 ? waitForNodes(context, proofs) : letIn(context, keptOut);
}

/** For people who are given a group back it is there at whatever version it is: it was not deleted, or is new already. */
function proofOf(group: ObservedNodeGroup | undefined, { version, givesBack }: Context['step']): GroupProof {
  const proof = proveGroup(group, version);
  const is = proof.kind === 'wrong-version' ? parseVersion(proof.version) : undefined;
  return givesBack && is !== undefined ? proveGroup(group, is) : proof;
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
  const { progress, cloud, cluster, step } = context;
  const names = broken.map(({ name }) => name);
  if ((progress.attempt === 1 && !step.givesBack) || wasCleared(context))
    return stackFailure({ cloud, cluster, groups: names });
  const hasNodes = broken.some(({ nodes }) => nodes.length > 0);
  const inTheWay = hasNodes && !isEksctlBusy(context.run) ? await phaseOut(context, names) : null;
  if (inTheWay !== null) return inTheWay;
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

function included(args: string[]): string[] {
  return args.flatMap((arg) => (arg.startsWith('--include=') ? arg.slice('--include='.length).split(',') : []));
}

function create(context: Context, missing: string[], seen: ObservedNodeGroup[]): PhaseResult {
  const { progress, step } = context;
  const command = commandOf(context);
  const outcome = command?.args[0] === 'create' && command.state.kind === 'ended' ? command.state.outcome : null;
  if (outcome === null || outcome.kind === 'lost' || outcome.kind === 'killed') {
    const args = ['create', 'nodegroup', `--include=${missing.join(',')}`];
    return {
      kind: 'command',
      args,
      ...(step.role === 'core' ? { desired: asManyAsNow(missing, seen) } : {}),
      for: `eksctl to create ${listNames(missing)} at ${step.version}`,
      memory: progress.memory,
    };
  }
  const shown = waitUntilShown(context, `CloudFormation to show the stack of ${listNames(missing)}`);
  if (shown !== null) return shown;
  return failed(
    'NodeGroupsMissing',
    `${describeOutcome(outcome)}, and CloudFormation has no stack of ${missing.join(', ')}`,
    {
      remedy: 'See what eksctl printed, put that right, then press Retry',
      detail: outputOf(outcome) || null,
    },
  );
}

/**
 * A new core group begins with as many nodes as the old one has Ready, which the autoscaler may have grown: what runs there
 * has to find room before the old one goes. The other name of a pair leads back to the one it replaces.
 */
function asManyAsNow(groups: string[], seen: ObservedNodeGroup[]): Record<string, number> {
  const ready = (name: string): number =>
    groupNamed(seen, alternateName(name) ?? name)?.nodes.filter((node) => node.ready).length ?? 0;
  return Object.fromEntries(groups.map((name) => [name, ready(name)]));
}

function waitForNodes(context: Context, proofs: Proofs): PhaseResult {
  const { progress, now, step } = context;
  const waiting = proofs.flatMap(({ name, proof }) =>
    proof.kind === 'nodes-missing' ? [`${name}: ${proof.ready} of ${proof.wanted}`] : [],
  );
  const command = commandOf(context);
  const endedAt = command?.state.kind === 'ended' ? command.state.at : 0;
  // A step may be old when eksctl was cut off in it: nodes have their time from when they could begin to join.
  const since = Math.max(progress.at, endedAt, Number(progress.memory.letInAt ?? 0));
  if (now - since <= NODES_LIMIT_MS) {
    return {
      kind: 'wait',
      for: `nodes to join and become Ready at ${step.version} (${waiting.join(', ')})`,
      pollMs: 15_000,
    };
  }
  return failed(
    'NodesNotReady',
    `nodes are not Ready 30 minutes after their group was created (${waiting.join(', ')})`,
    {
      remedy: "Look at the nodes (and whether the group's role is in aws-auth), then press Retry",
    },
  );
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
