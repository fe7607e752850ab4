import { z } from 'zod';
import { type ClusterConfig, observedConfigOf } from '#src/domain/eksctl-config.ts';
import { UserError } from '#src/domain/errors.ts';
import type { JsonObject } from '#src/domain/json.ts';
import type { ObservedConfig } from '#src/domain/observation.ts';
import { type CopyChange, renderCopy } from '#src/domain/render-copy.ts';

/** Only what we read is checked; eksctl itself validates the whole config strictly. https://schema.eksctl.io/ */
const count = z
  .int()
  .min(0)
  .nullish()
  .transform((value) => value ?? null);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const names = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const group = z.looseObject({
  name: z.string().min(1),
  amiFamily: text,
  minSize: count,
  maxSize: count,
  desiredCapacity: count,
  instanceType: text,
  instanceTypes: names,
  instancesDistribution: z
    .looseObject({ instanceTypes: names })
    .nullish()
    .transform((value) => value ?? null),
});

const groups = z
  .array(group)
  .nullish()
  .transform((value) => value ?? []);

const clusterConfig = z
  .looseObject({
    kind: z.literal('ClusterConfig'),
    metadata: z.looseObject({
      name: z.string().min(1),
      region: z
        .string()
        .nullish()
        .transform((value) => value ?? ''),
      version: z
        .string({ error: ({ input }) => `must be a quoted string such as "1.24", but it is ${JSON.stringify(input)}` })
        .nullish()
        .transform((value) => value ?? ''),
    }),
    nodeGroups: groups,
    managedNodeGroups: groups,
    addons: z
      .array(z.looseObject({ name: z.string().min(1), version: text }))
      .nullish()
      .transform((value) => value ?? []),
    autoModeConfig: z.looseObject({ enabled: z.boolean().nullish() }).nullish(),
  })
  .transform((config) => ({ ...config, autoMode: config.autoModeConfig?.enabled === true }));

/** A rendered config's text. Throws UserError `NotAClusterConfig` that names the field. */
export function parseClusterConfig(rendered: string): ClusterConfig {
  const result = clusterConfig.safeParse(parseObject(rendered));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') || 'the document';
  throw notAClusterConfig(`${where}: ${issue?.message ?? 'not understood'}`);
}

/** What the planner reads of a rendered config. Throws UserError for what is no ClusterConfig. */
export function readConfig(rendered: string): Omit<ObservedConfig, 'commit' | 'path'> {
  return observedConfigOf(parseClusterConfig(rendered));
}

/** The rendered copy for one command, as JSON text. */
export function renderCopyText(rendered: string, change: CopyChange): string {
  return `${JSON.stringify(renderCopy(parseObject(rendered), change), null, 2)}\n`;
}

/** JSON text of an object. Throws UserError `NotAClusterConfig`. */
export function parseObject(rendered: string): JsonObject {
  const parsed = z.record(z.string(), z.json()).safeParse(parseJson(rendered));
  if (parsed.success) return parsed.data;
  throw notAClusterConfig('the document is not an object');
}

function parseJson(rendered: string): unknown {
  try {
    return JSON.parse(rendered);
  } catch (error) {
    throw new UserError(
      'NotAClusterConfig',
      'the config does not evaluate to JSON: correct it, and try it with jsonnet',
      { cause: error },
    );
  }
}

function notAClusterConfig(what: string): UserError {
  return new UserError(
    'NotAClusterConfig',
    `the config is not an eksctl ClusterConfig: ${what}; correct it, or name the right file`,
  );
}
