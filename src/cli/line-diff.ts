const CONTEXT = 3;

/** A unified diff of two texts of which single lines differ, none added or removed: all an edit of a config does. */
export function lineDiff(path: string, before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  if (old.length !== now.length) throw new RangeError(`the texts have ${old.length} and ${now.length} lines`);
  const changed = old.flatMap((line, index) => (line === now[index] ? [] : [index]));
  if (changed.length === 0) return '';
  const hunks = hunksAround(changed, old.length).map(({ start, end }) => {
    const lines = old.slice(start, end).flatMap((line, offset) => {
      const edited = now[start + offset] ?? '';
      return line === edited ? [` ${line}`] : [`-${line}`, `+${edited}`];
    });
    const size = `${start + 1},${end - start}`;
    return [`@@ -${size} +${size} @@`, ...lines].join('\n');
  });
  return [`--- ${path}`, `+++ ${path}`, ...hunks].join('\n').concat('\n');
}

function hunksAround(changed: readonly number[], length: number): { start: number; end: number }[] {
  const hunks: { start: number; end: number }[] = [];
  for (const index of changed) {
    const [start, end] = [Math.max(0, index - CONTEXT), Math.min(length, index + CONTEXT + 1)];
    const last = hunks.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else hunks.push({ start, end });
  }
  return hunks;
}
