/**
 * The names somebody may have meant, nearest first: those within a few typing errors, or that begin alike.
 * Empty when nothing is near.
 */
export function nearestNames(wanted: string, known: readonly string[], limit = 3): string[] {
  const target = wanted.toLowerCase();
  const tolerance = Math.max(2, Math.floor(target.length / 3));
  return known
    .map((name) => ({ name, distance: distanceTo(target, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** A common beginning of three letters or more counts as one typing error. */
function distanceTo(target: string, name: string): number {
  const shorter = Math.min(target.length, name.length);
  if (shorter >= 3 && (name.startsWith(target) || target.startsWith(name))) return name === target ? 0 : 1;
  return editDistance(target, name);
}

/** Levenshtein distance. https://en.wikipedia.org/wiki/Levenshtein_distance */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, charA] of a.split('').entries()) {
    const row = [i + 1];
    for (const [j, charB] of b.split('').entries()) {
      const replaced = (previous[j] ?? 0) + (charA === charB ? 0 : 1);
      row.push(Math.min(replaced, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
