import { parseArgs } from 'node:util';
import { assumedObservation, NOT_CHECKED } from '#src/domain/assumed-observation.ts';
import type { ClusterConfig } from '#src/domain/eksctl-config.ts';
import { UserError } from '#src/domain/errors.ts';
import { type Planned, planUpgrade } from '#src/domain/plan-upgrade.ts';
import type { SkewPolicy } from '#src/domain/skew.ts';
import { type KubernetesVersion, parseVersion } from '#src/domain/version.ts';
import { createLocalContext } from '#src/local-context.ts';
import {
  badArguments,
  type CommandLine,
  type ExitCode,
  parsed,
  required,
  runCommand,
  versionOption,
} from './command-line.ts';
import { planText } from './plan-text.ts';

const USAGE = `usage: npm run plan -- --config FILE --to VERSION [--from VERSION] [--skew supported|runbook]
                   [--core-groups PATTERN,…] [--json]

Shows what an upgrade would do, from the config alone: no AWS, no Slack, no Redis.

  --config       the cluster's eksctl config: .jsonnet (with its imports beside it), .yaml or .json
  --to           the Kubernetes version to go to, e.g. 1.24
  --from         the version that runs now; default: the config's
  --skew         supported (default): nodes never newer than the control plane; runbook: up to two minors ahead
  --core-groups  patterns of the groups that must keep running; default: core-*
  --json         the plan as one JSON object

exit code: 0 there is a plan or nothing to do, 1 the plan is refused, 2 the call or the config is wrong`;

/** The plan for a config, without Slack, AWS or Redis. */
export function runPlan(line: CommandLine): Promise<ExitCode> {
  return runCommand(line, { usage: USAGE, run: plan });
}

async function plan(line: CommandLine): Promise<ExitCode> {
  const options = readOptions(line.args);
  const context = createLocalContext(line.env);
  const checkout = await context.open(options.config);
  const config = context.parseConfig(await checkout.render());
  const from = options.from ?? versionOfConfig(config, options.config);
  const planned = planUpgrade({
    observation: assumedObservation({ config, path: options.config, from, to: options.to }),
    to: options.to,
    policy: { skew: options.skew, coreGroups: options.coreGroups, proveEmptyGroups: 'one' },
    previous: null,
    now: line.now(),
  });
  line.out(options.json ? `${JSON.stringify(jsonOf(planned), null, 2)}\n` : planText(planned, NOT_CHECKED));
  return planned.kind === 'plan' && planned.plan.refusals.length > 0 ? 1 : 0;
}

function readOptions(args: readonly string[]) {
  const string = { type: 'string' } as const;
  const { values } = parsed(() =>
    parseArgs({
      args: [...args],
      options: {
        config: string,
        to: string,
        from: string,
        skew: string,
        'core-groups': string,
        json: { type: 'boolean' },
      },
    }),
  );
  return {
    config: required(values.config, '--config'),
    to: versionOption(required(values.to, '--to'), '--to'),
    from: values.from === undefined ? null : versionOption(values.from, '--from'),
    skew: skewOption(values.skew ?? 'supported'),
    coreGroups: (values['core-groups'] ?? 'core-*').split(','),
    json: values.json === true,
  };
}

function skewOption(value: string): SkewPolicy {
  if (value === 'supported' || value === 'runbook') return value;
  throw badArguments(`--skew "${value}" is not known: use supported or runbook`);
}

function versionOfConfig({ metadata: { version } }: ClusterConfig, path: string): KubernetesVersion {
  const from = parseVersion(version);
  if (from !== undefined) return from;
  throw new UserError(
    'NoCurrentVersion',
    `the config ${path} says metadata.version "${version}", which is no version 1.N: say with --from what runs now`,
  );
}

/** The plan's own fields, and what it only assumes. */
function jsonOf(planned: Planned): object {
  if (planned.kind === 'plan') return { kind: planned.kind, ...planned.plan, notChecked: NOT_CHECKED };
  return { ...planned, steps: [], refusals: [], notChecked: NOT_CHECKED };
}
