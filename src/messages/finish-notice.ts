import type { ClusterSnapshot } from '#src/domain/run.ts';
import { context, sections } from './blocks.ts';
import { branchText } from './config-in-git.ts';
import { type Message, notice, type StartedRun } from './message.ts';
import {
  byWhom,
  code,
  countOf,
  duration,
  explained,
  joined,
  outside,
  person,
  sentence,
  sentenceList,
  when,
} from './mrkdwn.ts';

/** Versions before and after come from what was seen, not from the plan. */
export function finishNotice(run: StartedRun): Message[] {
  if (run.state.kind !== 'succeeded' && run.state.kind !== 'succeeded-uncommitted') return [];
  const { plan, startedAt } = run;
  const endedAt = run.endedAt ?? startedAt;
  const headline = `Maintenance of ${outside(plan.cluster)} is finished: the upgrade from ${plan.from} to ${plan.to} succeeded after ${duration(endedAt - startedAt)}.`;
  const config = configText(run);
  const decided = run.approval === null ? '' : `, approved ${byWhom(run.approval)}`;
  return [
    notice({
      key: 'finish',
      text: `${headline} ${config.spoken}`,
      blocks: [
        ...sections([`*${headline}*`, 'Servers can be started as usual, and uptime checks should be quiet again.']),
        ...sections(['*Before and after*', ...versionLines(run.before, run.after)], 5000),
        ...sections(proofLines(run), 2500),
        ...sections(config.lines, 3000),
        context(
          `Asked for by ${person(run.requestedBy)}${decided}. Began ${when(startedAt)}, finished ${when(endedAt)}.`,
        ),
      ],
    }),
  ];
}

/** What no node has shown to work, and whose size the bot had to leave: notes of the steps that prove groups. */
function proofLines({ plan, steps }: StartedRun): string[] {
  const notes = plan.steps.flatMap((step) => {
    const progress = steps[step.id];
    const isProof = step.phase === 'node-groups' && step.action === 'prove';
    return isProof && progress?.kind === 'done' ? progress.notes : [];
  });
  if (notes.length === 0) return [];
  return ['*Please note about node groups*', ...notes.map((note) => `• ${sentence(outside(note, 700))}`)];
}

function configText(run: StartedRun): { spoken: string; lines: string[] } {
  if (run.state.kind === 'succeeded-uncommitted') {
    const { failure } = run.state;
    const why = explained(failure.message);
    const spoken = `The changed config is not in git: ${why}`;
    return { spoken, lines: ['*The changed config is not in git*', why, `*What to do:* ${explained(failure.remedy)}`] };
  }
  const commit = run.plan.steps.flatMap((step) => {
    const progress = run.steps[step.id];
    return step.phase === 'commit-config' && progress?.kind === 'done' ? progress.evidence : [];
  });
  if (commit.length === 0) return { spoken: '', lines: [] };
  return {
    spoken: 'The changed config is in git.',
    lines: ['*The changed config is in git*', ...commit.map((line) => `• ${outside(line)}`), ...linkLine(run)],
  };
}

function linkLine(run: StartedRun): string[] {
  return run.configInGit?.link == null ? [] : [`• ${branchText(run)}`];
}

function versionLines(before: ClusterSnapshot | null, after: ClusterSnapshot | null): string[] {
  if (after === null) return ['• The versions could not be read.'];
  return [
    `• Control plane: ${before === null ? '' : `${before.version} → `}${after.version}`,
    `• Node groups: ${before === null ? '' : `${groupsByVersion(before)} → `}${groupsByVersion(after)}`,
    ...renamedGroups(before, after),
    ...addonLine(before, after),
  ];
}

/** `4 at 1.24 (6 nodes)` */
function groupsByVersion({ nodeGroups }: ClusterSnapshot): string {
  if (nodeGroups.length === 0) return 'none';
  const byVersion = Map.groupBy(nodeGroups, (group) => group.version);
  const parts = [...byVersion].map(([version, groups]) => {
    const nodes = groups.reduce((sum, group) => sum + group.nodes, 0);
    return `${groups.length} at ${outside(version, 40)} (${countOf(nodes, 'node')})`;
  });
  return sentenceList(parts);
}

function renamedGroups(before: ClusterSnapshot | null, after: ClusterSnapshot): string[] {
  const namesOf = (snapshot: ClusterSnapshot) => new Set(snapshot.nodeGroups.map(({ name }) => name));
  if (before === null) return [];
  const [was, is] = [namesOf(before), namesOf(after)];
  const created = [...is].filter((name) => !was.has(name));
  const gone = [...was].filter((name) => !is.has(name));
  return [
    ...(created.length === 0 ? [] : [`• New: ${joined(created.map(code), ', ', 800)}`]),
    ...(gone.length === 0 ? [] : [`• Gone: ${joined(gone.map(code), ', ', 800)}`]),
  ];
}

function addonLine(before: ClusterSnapshot | null, after: ClusterSnapshot): string[] {
  if (after.addons.length === 0) return [];
  const was = new Map(before?.addons.map(({ name, version }) => [name, version]));
  const texts = after.addons.map(({ name, version }) => {
    const old = was.get(name);
    return `${outside(name, 60)} ${old === undefined || old === version ? '' : `${outside(old, 80)} → `}${outside(version, 80)}`;
  });
  return [`• Add-ons: ${joined(texts, ', ', 1500)}`];
}
