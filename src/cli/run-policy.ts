import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '#src/domain/errors.ts';
import { badArguments, type CommandLine, type ExitCode, runCommand } from './command-line.ts';
import { fillPolicy } from './fill-policy.ts';

const USAGE = `usage: npm run -s policy -- <policy> <cluster>…

Prints one of the shipped policies with the names of these clusters filled in, to be made a policy of the bot's role.
  policy   docs/iam-policy.json, docs/iam-policy-eksctl.json or docs/iam-policy-observe.json`;

/** Of a managed policy, white space not counted: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MOST_CHARACTERS = 6144;

export function runPolicy(line: CommandLine): Promise<ExitCode> {
  return runCommand(line, { usage: USAGE, run: print });
}

async function print({ args, out, err }: CommandLine): Promise<ExitCode> {
  const [file, ...clusters] = args;
  if (file === undefined) throw badArguments('the policy is missing');
  if (clusters.length === 0) throw badArguments('name at least one cluster');
  const wrong = clusters.find((cluster) => !/^[0-9A-Za-z][A-Za-z0-9-_]{0,99}$/.test(cluster));
  if (wrong !== undefined) throw badArguments(`"${wrong}" is not the name of an EKS cluster`);
  const filled = fillPolicy(await read(file), clusters);
  out(`${JSON.stringify(filled, null, 2)}\n`);
  const characters = JSON.stringify(filled).replaceAll(/\s/g, '').length;
  if (characters > MOST_CHARACTERS)
    err(
      `note: ${characters} characters, and AWS takes at most ${MOST_CHARACTERS} in a managed policy: name fewer clusters and make several policies\n`,
    );
  return 0;
}

async function read(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UserError('UnreadablePolicy', `${file} cannot be read as a policy: ${messageOf(error)}`);
  }
}
