import { EksctlError } from './eksctl-error.ts';

/** `<words> [--flag[=value]] …` as cobra and pflag read it. */
export type CommandLine = {
  /** e.g. `create nodegroup`. */
  command: string;
  flags: ReadonlyMap<string, string>;
};

const SHORT: Readonly<Record<string, string>> = {
  f: 'config-file',
  n: 'name',
  r: 'region',
  o: 'output',
  C: 'color',
  v: 'verbose',
  c: 'cluster',
  p: 'profile',
  w: 'wait',
};

const COMMON = ['color', 'verbose', 'help', 'profile', 'timeout', 'config-file', 'cluster', 'region', 'name'];
const FILTER = ['include', 'exclude'];
const ADDON = [...COMMON, 'approve'];

/** Flags of the commands this simulator knows. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  version: ['output', 'color', 'verbose'],
  'create nodegroup': [
    ...COMMON,
    ...FILTER,
    'version',
    'nodegroup-parallelism',
    'update-auth-configmap',
    'skip-outdated-addons-check',
  ],
  'delete nodegroup': [
    ...COMMON,
    ...FILTER,
    'approve',
    'drain',
    'wait',
    'only-missing',
    'update-auth-configmap',
    'disable-eviction',
    'max-grace-period',
    'pod-eviction-wait-period',
    'parallel',
  ],
  'get nodegroup': [...COMMON, 'output'],
  'create iamidentitymapping': [...COMMON, 'arn', 'group', 'username', 'no-duplicate-arns'],
  'utils update-kube-proxy': ADDON,
  'utils update-aws-node': ADDON,
  'utils update-coredns': ADDON,
};

/** Flags that need no value. */
const BOOLEAN = [
  'approve',
  'drain',
  'wait',
  'only-missing',
  'update-auth-configmap',
  'no-duplicate-arns',
  'help',
  'disable-eviction',
  'skip-outdated-addons-check',
];

const ALIASES: Readonly<Record<string, string>> = { ng: 'nodegroup', nodegroups: 'nodegroup' };

export function parseCommandLine(argv: readonly string[]): CommandLine {
  const words: string[] = [];
  const given: [string, string][] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const flag = /^(?:--([a-z][\w-]*)|-([A-Za-z]))(?:=([\s\S]*))?$/.exec(word);
    if (flag === null) {
      words.push(ALIASES[word] ?? word);
      continue;
    }
    const name = flag[1] ?? SHORT[flag[2] ?? ''] ?? flag[2] ?? '';
    if (flag[3] === undefined && !BOOLEAN.includes(name)) index += 1;
    const value = flag[3] ?? (BOOLEAN.includes(name) ? 'true' : argv[index]);
    if (value === undefined) throw new EksctlError(`flag needs an argument: --${name}`);
    given.push([name, value]);
  }
  return { command: commandIn(words), flags: knownFlags(commandIn(words), given) };
}

function commandIn(words: readonly string[]): string {
  const command = words[0] === 'version' ? 'version' : words.slice(0, 2).join(' ');
  if (FLAGS[command] === undefined) throw new EksctlError(`unknown command "${words.join(' ')}" for "eksctl"`);
  return command;
}

/** Values of a flag that is given more than once are joined, as pflag does for lists. */
function knownFlags(command: string, given: readonly [string, string][]): Map<string, string> {
  const flags = new Map<string, string>();
  for (const [name, value] of given) {
    if (FLAGS[command]?.includes(name) !== true) throw new EksctlError(`unknown flag: --${name}`);
    const isList = name === 'include' || name === 'exclude' || name === 'group';
    const earlier = flags.get(name);
    flags.set(name, isList && earlier !== undefined ? `${earlier},${value}` : value);
  }
  return flags;
}

export function isOn(flags: ReadonlyMap<string, string>, name: string, byDefault = false): boolean {
  const value = flags.get(name);
  return value === undefined ? byDefault : value === 'true';
}

/** Go durations such as `25m`, `1h30m`, `90s`, in milliseconds. */
export function durationOf(text: string): number {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000 };
  return [...text.matchAll(/(\d+(?:\.\d+)?)([hms])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? 's'] ?? 0),
    0,
  );
}
