/**
 * Changes or commands with the creation of a new core group after the add-ons that it is made beside: which of them comes
 * first is chance. It does not go past anything else.
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
    ordered.push(line);
  }
  return [...ordered, ...core];
}
