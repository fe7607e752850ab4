import { lostInFull, lostInShort, lostSettings } from '#src/domain/lost-settings.ts';
import type { CoreAddon } from '#src/domain/observation.ts';
import type { CommandOutcome, SavedAddon } from '#src/domain/run.ts';
import { imageTag } from '#src/domain/snapshot.ts';
import { minorVersionOf } from '#src/domain/version.ts';
import type { AddonWorkload } from '#src/ports/kubernetes.ts';
import { describeOutcome, outputOf } from '../command-outcome.ts';
import { idsOf } from '../ids-of.ts';
import { commandOf, failed } from '../phase.ts';
import type { AddonResult, AddonsContext } from './add-on-result.ts';
import { harmlessPullFailure } from './kube-proxy-image.ts';

const SUBCOMMAND = {
  'kube-proxy': 'update-kube-proxy',
  'vpc-cni': 'update-aws-node',
  coredns: 'update-coredns',
} as const satisfies Record<CoreAddon, string>;

const ROLLOUT_LIMIT_MS = 15 * 60_000;
/** Only Kubernetes is asked, and a rollout takes a minute: AWS's rates do not bind here. */
const ROLLOUT_POLL_MS = 5000;

/**
 * An add-on that nobody manages: eksctl replaces its object by the version embedded in eksctl, which cannot be known
 * before. Done when the rollout is complete in Kubernetes with the new image (or eksctl says that nothing had to
 * change); for kube-proxy the image must be of the control plane's minor, whatever anybody says.
 */
export async function updateSelfManagedAddon(context: AddonsContext, addon: CoreAddon): Promise<AddonResult> {
  const { cloud, step, progress } = context;
  const workload = await cloud.kubernetes.addonWorkload(addon);
  if (workload === null) return { kind: 'next', evidence: `${addon} skipped: absent` };
  const before = progress.memory[`before:${addon}`];
  const replacedAt = progress.memory[replacedKey(addon)];
  if (before !== undefined && replacedAt !== undefined) {
    return followRollout(context, { addon, workload, before, startedAt: Number(replacedAt) });
  }
  const command = commandOf(context);
  const args = ['utils', SUBCOMMAND[addon], '--approve'];
  if (before === undefined || command === null || command.args[1] !== SUBCOMMAND[addon]) {
    const saved = await saveBefore(context, addon);
    if (saved.kind === 'failed') return saved;
    return {
      kind: 'command',
      args,
      for: `eksctl to replace ${addon}`,
      memory: { [`before:${addon}`]: workload.image },
      ...saved.with,
    };
  }
  if (command.state.kind !== 'ended') return { kind: 'wait', for: `eksctl to replace ${addon}`, pollMs: 15_000 };
  const { outcome } = command.state;
  if (outcome.kind === 'lost' || outcome.kind === 'killed')
    return { kind: 'command', args, for: `eksctl to replace ${addon}, once more` };
  return judge(context, { addon, workload, before, outcome, startedAt: command.state.at, step });
}

/** Bytes of JSON; a ConfigMap alone may have a mebibyte. */
const LARGEST_SAVE = 256 * 1024;

type Saved = { kind: 'saved'; with: { saves: SavedAddon; notes: string[] } } | ReturnType<typeof failed>;

/** What eksctl is about to replace is kept with the run; what somebody set since the plan was made is not overwritten. */
async function saveBefore({ cloud, cluster }: AddonsContext, addon: CoreAddon): Promise<Saved> {
  const objects = await cloud.kubernetes.addonObjects(addon);
  const lost = lostSettings(addon, objects);
  if (lost.length > 0 && cluster.overwriteAddons !== true) {
    return failed(
      'AddonSettingsWouldBeLost',
      `${addon} has settings that eksctl would overwrite, and that the plan did not know: ${lostInShort(lost)}`,
      {
        remedy: `Take them back (or make ${addon} an EKS add-on, abort, and ask again), then press Retry. To have them overwritten, abort, set overwriteAddons: true for ${cluster.name} in the fleet file, and ask again`,
        detail: lostInFull(lost).join('\n'),
      },
    );
  }
  const size = JSON.stringify(objects).length;
  if (size > LARGEST_SAVE) {
    return failed(
      'AddonTooLargeToSave',
      `the objects of ${addon} have ${size} bytes, too many to save (${LARGEST_SAVE})`,
      {
        remedy: `Save them by hand, make them smaller (most often a ConfigMap is large), then press Retry`,
      },
    );
  }
  const note = `${addon}: the objects as they were are saved, "npm run ops -- saved-addons ${cluster.name}" prints them`;
  return { kind: 'saved', with: { saves: { addon, objects }, notes: lost.length === 0 ? [] : [note] } };
}

type Judged = {
  addon: CoreAddon;
  workload: AddonWorkload;
  before: string;
  outcome: CommandOutcome;
  /** When the command ended (run time): the rollout goes on after it. */
  startedAt: number;
  step: AddonsContext['step'];
};

async function judge(context: AddonsContext, judged: Judged): Promise<AddonResult> {
  const { addon, workload, before, outcome, startedAt, step } = judged;
  const changed = workload.image !== before;
  const atRightMinor = addon !== 'kube-proxy' || minorVersionOf(imageTag(workload.image)) === step.version;
  const saysCurrent = /(?:already|now) up-to-date/.test(outputOf(outcome));
  const ok = outcome.kind === 'exited' && outcome.code === 0;
  if (!atRightMinor || (!changed && !ok && !saysCurrent)) {
    const tag = imageTag(workload.image);
    const where = changed ? `at ${tag}, not of ${step.version}` : `still at ${tag}`;
    return failed('AddonNotUpdated', `${describeOutcome(outcome)}, and ${addon} is ${where}`, {
      remedy: `Run the eksctl command by hand or look at its output, then press Retry`,
      detail: outputOf(outcome),
    });
  }
  return followRollout(context, { addon, workload, before, startedAt });
}

/** The object is replaced; from here on only Kubernetes works. The next add-on's command takes the place of this one's. */
function replacedKey(addon: CoreAddon): string {
  return `replaced:${addon}`;
}

async function followRollout(
  context: AddonsContext,
  { addon, workload, before, startedAt }: Pick<Judged, 'addon' | 'workload' | 'before' | 'startedAt'>,
): Promise<AddonResult> {
  const changed = workload.image !== before;
  if (workload.rolledOut) return { kind: 'next', evidence: rolledOut(addon, workload, changed) };
  const result = await waitForRollout(context, { addon, workload, startedAt });
  if (result.kind !== 'under-way') return result;
  return { ...result, memory: { ...result.memory, [replacedKey(addon)]: String(startedAt) } };
}

async function waitForRollout(
  { deps, cloud, run, step, now, progress, confirmClaim }: AddonsContext,
  { addon, workload, startedAt }: Pick<Judged, 'addon' | 'workload' | 'startedAt'>,
): Promise<AddonResult> {
  const problem = workload.podProblems.join('; ');
  if (addon === 'vpc-cni' && /runAsNonRoot/.test(problem) && progress.memory.patched === undefined) {
    await confirmClaim();
    deps.log.info(idsOf(run, step), 'patching runAsNonRoot out of aws-node (eksctl issue 6048)');
    await cloud.kubernetes.patchAwsNodeRunAsNonRoot();
    const note = 'aws-node did not start because of runAsNonRoot (eksctl issue 6048): its securityContext was patched';
    return {
      kind: 'under-way',
      for: 'aws-node to start after the patch',
      pollMs: ROLLOUT_POLL_MS,
      memory: { patched: 'yes' },
      notes: [note],
    };
  }
  const harmless = harmlessPullFailure(addon, step.version, workload);
  if (harmless !== null) {
    return {
      kind: 'next',
      evidence: `kube-proxy at ${imageTag(workload.image)}, rollout not complete`,
      notes: [
        `kube-proxy cannot pull its image (${harmless}). Below 1.23 that is known and harmless: it recovers at 1.23`,
      ],
    };
  }
  if (now - startedAt > ROLLOUT_LIMIT_MS) {
    return failed('RolloutStuck', `the rollout of ${addon} did not finish within 15 minutes: ${workload.progress}`, {
      remedy: `Look at the pods of ${addon} in kube-system, then press Retry`,
      detail: problem === '' ? null : problem,
    });
  }
  return { kind: 'under-way', for: `the rollout of ${addon}: ${workload.progress}`, pollMs: ROLLOUT_POLL_MS };
}

function rolledOut(addon: CoreAddon, { kind, image }: AddonWorkload, changed: boolean): string {
  const tag = imageTag(image);
  return changed ? `${kind} of ${addon} rolled out at ${tag}` : `${kind} of ${addon} unchanged at ${tag}, rolled out`;
}
