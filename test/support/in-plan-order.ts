/**
 * Changes or commands with the creation of a new core group after the add-ons that it is made beside, and with the deletion
 * of the old one, which is emptied first, before that of the others: which of them comes first is chance. Neither goes past
 * anything else.
 */
export function inPlanOrder(lines: readonly string[]): string[] {
  const ordered: string[] = [];
  let core: string[] = [];
  for (const line of lines) {
    if (/^create (nodegroup --include=)?core-/.test(line)) {
      core.push(line);
      continue;
    }
    if (!/^(add-on|change|utils) /.test(line)) {
      ordered.push(...core);
      core = [];
    }
    if (/^delete (nodegroup --include=)?core-/.test(line)) ordered.splice(beforeOtherGroups(ordered), 0, line);
    else ordered.push(line);
  }
  return [...ordered, ...core];
}

/** Where the deletions and creations of other groups begin that these lines end with. */
function beforeOtherGroups(lines: readonly string[]): number {
  return lines.findLastIndex((line) => !/^(delete|create) (?!(nodegroup --include=)?core-)/.test(line)) + 1;
}
