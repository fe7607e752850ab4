import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Rename } from '#src/domain/plan.ts';
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
import { lineDiff } from './line-diff.ts';

const USAGE = `usage: npm run edit-config -- --config FILE --to VERSION [--rename OLD=NEW]… [--write]

Changes metadata.version, and names of node groups, in the text of an eksctl config, and nothing else: every edit is
proven by evaluating the config again. Prints the diff; with --write, changes the file too.

  --config  the config: .jsonnet, .yaml or .json
  --to      the version to write, e.g. 1.24
  --rename  a node group's name and its new one, e.g. core-a=core-b; may be given more than once

exit code: 0 done, 2 the call or the config is wrong`;

/** The same edit that an upgrade commits, from a shell. */
export function runEditConfig(line: CommandLine): Promise<ExitCode> {
  return runCommand(line, { usage: USAGE, run: editConfig });
}

async function editConfig(line: CommandLine): Promise<ExitCode> {
  const { config, to, renames, write } = readOptions(line.args);
  const context = createLocalContext(line.env);
  const checkout = await context.open(config);
  const edited = await context.editConfig({ checkout, path: config, to, renames });
  if (edited === checkout.source) {
    line.out(`${config} says so already: nothing to change\n`);
    return 0;
  }
  line.out(lineDiff(config, checkout.source, edited));
  if (write) await writeFile(config, edited);
  return 0;
}

function readOptions(args: readonly string[]) {
  const { values } = parsed(() =>
    parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        to: { type: 'string' },
        rename: { type: 'string', multiple: true },
        write: { type: 'boolean' },
      },
    }),
  );
  return {
    config: required(values.config, '--config'),
    to: versionOption(required(values.to, '--to'), '--to'),
    renames: (values.rename ?? []).map(renameOption),
    write: values.write === true,
  };
}

function renameOption(value: string): Rename {
  const [from, to, ...rest] = value.split('=');
  if (from && to && rest.length === 0) return { from, to };
  throw badArguments(`--rename "${value}" is not OLD=NEW, for example core-a=core-b`);
}
