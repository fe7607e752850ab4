import { parseArgs } from 'node:util';
import { UserError } from '#src/domain/errors.ts';
import type { SkewPolicy } from '#src/domain/skew.ts';
import { type KubernetesVersion, parseVersion } from '#src/domain/version.ts';

export const DEMO_FAULTS = [
  'update-fails',
  'stack-rolls-back',
  'eksctl-exits-1',
  'jsonnet-error',
  'no-access',
] as const;
export type DemoFault = (typeof DEMO_FAULTS)[number];

export type DemoOptions = {
  auto: boolean;
  json: boolean;
  /** An eksctl ClusterConfig; null: the example fleet. */
  config: string | null;
  cluster: string | null;
  to: KubernetesVersion | null;
  skew: SkewPolicy;
  speed: number;
  fault: DemoFault | null;
  /** Pods of people when the world begins. */
  activity: number;
  /** Of the whole --auto run, real seconds. */
  timeoutSeconds: number;
  port: number;
};

const USAGE = `usage: npm run demo -- [--speed N] [--port N]
       npm run demo -- --auto --json [--config FILE] [--cluster NAME] [--to VERSION] [--skew supported|runbook]
                       [--speed N] [--fault ${DEMO_FAULTS.join('|')}] [--activity N] [--timeout SECONDS]`;

/** Throws UserError with the wrong value and what would be right. */
export function parseDemoOptions(args: string[]): DemoOptions {
  const { values } = parsed(args);
  return {
    auto: values.auto ?? false,
    json: values.json ?? false,
    config: values.config ?? null,
    cluster: values.cluster ?? null,
    to: values.to === undefined ? null : version(values.to),
    skew: oneOf('--skew', values.skew ?? 'supported', ['supported', 'runbook']),
    speed: number('--speed', values.speed ?? '60', { least: 1, most: 10_000 }),
    fault: values.fault === undefined ? null : oneOf('--fault', values.fault, DEMO_FAULTS),
    activity: number('--activity', values.activity ?? '0', { least: 0, most: 1000 }),
    timeoutSeconds: number('--timeout', values.timeout ?? '600', { least: 1, most: 86_400 }),
    port: number('--port', values.port ?? '0', { least: 0, most: 65_535 }),
  };
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      options: {
        auto: flag,
        json: flag,
        config: text,
        cluster: text,
        to: text,
        skew: text,
        speed: text,
        fault: text,
        activity: text,
        timeout: text,
        port: text,
      },
    });
  } catch (error) {
    throw new UserError('Usage', `${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function version(text: string): KubernetesVersion {
  const found = parseVersion(text);
  if (found === undefined) throw new UserError('Usage', `--to "${text}" is not a version like 1.24`);
  return found;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UserError('Usage', `${name} "${value}" is not one of ${allowed.join(', ')}`);
  return found;
}

function number(name: string, text: string, { least, most }: { least: number; most: number }): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) {
    throw new UserError('Usage', `${name} "${text}" is not a number from ${least} to ${most}`);
  }
  return value;
}
