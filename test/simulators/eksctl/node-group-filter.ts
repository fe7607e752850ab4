import { EksctlError } from './eksctl-error.ts';
import type { Log } from './log.ts';

/** `--include` and `--exclude` (pkg/ctl/cmdutils/filter/filter.go): globs over the config's groups. */
export type NodeGroupFilter = {
  /** Whether the flags take this group. */
  matches: (name: string) => boolean;
  describeIncludes: string | null;
};

export function nodeGroupFilter(flags: ReadonlyMap<string, string>, names: readonly string[]): NodeGroupFilter {
  const includes = globsIn(flags.get('include'));
  const excludes = globsIn(flags.get('exclude'));
  const isIncluded = (name: string): boolean =>
    includes.length === 0 || includes.some((glob) => globMatches(glob, name));
  if (includes.length > 0 && !names.some(isIncluded)) {
    throw new EksctlError(`no nodegroups match include glob filter specification: "${includes.join(',')}"`);
  }
  return {
    matches: (name) => isIncluded(name) && !excludes.some((glob) => globMatches(glob, name)),
    describeIncludes: includes.length === 0 ? null : includes.join(','),
  };
}

/** `doLogInfo`: what became of the filter. */
export function logFiltered(
  log: Log,
  filter: NodeGroupFilter,
  { included, excluded }: { included: readonly string[]; excluded: readonly string[] },
): void {
  if (filter.describeIncludes !== null) {
    log.info(`combined include rules: ${filter.describeIncludes}`);
    if (included.length === 0) log.info('no nodegroups present in the current set were included by the filter');
  }
  for (const [names, verb] of [
    [included, 'included'],
    [excluded, 'excluded'],
  ] as const) {
    if (names.length === 0) continue;
    const subject = names.length === 1 ? '1 nodegroup' : `${names.length} nodegroups`;
    log.info(
      `${subject} (${names.toSorted().join(', ')}) ${names.length === 1 ? 'was' : 'were'} ${verb} (based on the include/exclude rules)`,
    );
  }
}

function globsIn(list: string | undefined): string[] {
  return (list ?? '').split(',').filter((glob) => glob !== '');
}

/** github.com/gobwas/glob without separators, in the part people use: `*`, `?`, `[ab]`, `[!a-c]`, `{x,y}`. */
export function globMatches(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^$()|\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.')
    .replace(/\[!/g, '[^')
    .replace(/\{([^}]*)\}/g, (_all, list: string) => `(?:${list.split(',').join('|')})`);
  return new RegExp(`^${pattern}$`).test(name);
}
