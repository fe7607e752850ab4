import { stringify } from 'yaml';
import type { Context } from '#src/context.ts';
import { type AddonObject, objectName } from '#src/domain/addon-settings.ts';
import { UserError } from '#src/domain/errors.ts';
import type { RunEvent } from '#src/domain/run-events.ts';

type Rooms = Pick<Context, 'operations' | 'store'>;
type Saved = Extract<RunEvent, { kind: 'add-on-saved' }>;

/**
 * The objects of self-managed add-ons as they were before the run touched them, as YAML for kubectl; with a step, as they
 * were before that step. `of` is a run's id, or a cluster whose newest run is meant.
 */
export async function savedAddons(
  { operations, store }: Rooms,
  { of, step }: { of: string; step: string | null },
): Promise<string> {
  const run = (await store.read(of)) ?? (await operations.status(of))[0];
  if (run === undefined) throw new UserError('NoRun', `cluster ${of} has no run`);
  const saved = (await store.events(run.id)).filter((event) => event.kind === 'add-on-saved');
  const wanted = saved.filter(({ stepId }) => step === null || stepId === step);
  if (wanted.length === 0) throw new UserError('NothingSaved', nothingSaved(saved, { run: run.id, step }));
  return [
    `# Objects of ${run.cluster} as they were before run ${run.id}${step === null ? '' : `, step ${step},`} replaced them.`,
    '# Look before you apply: images are those of then, and [secret] stands where a value was not kept.',
    ...firstOfEach(wanted).map(({ at, stepId, object }) => {
      return `---\n# saved ${new Date(at).toISOString()} before ${stepId}\n${stringify(object).trimEnd()}`;
    }),
  ].join('\n');
}

function firstOfEach(saved: readonly Saved[]): { at: number; stepId: string; object: AddonObject }[] {
  const first = new Map<string, { at: number; stepId: string; object: AddonObject }>();
  for (const { at, stepId, objects } of saved)
    for (const object of objects)
      if (!first.has(objectName(object))) first.set(objectName(object), { at, stepId, object });
  return [...first.values()];
}

function nothingSaved(saved: readonly Saved[], { run, step }: { run: string; step: string | null }): string {
  const steps = [...new Set(saved.map(({ stepId }) => stepId))];
  return steps.length === 0
    ? `run ${run} has replaced no self-managed add-on`
    : `run ${run} saved nothing before "${step}", but before ${steps.join(', ')}`;
}
