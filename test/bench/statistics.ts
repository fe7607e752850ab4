/** The nearest-rank percentile: the value that `share` of all values do not exceed. NaN for none, so that nothing looks measured. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function largest(values: readonly number[]): number {
  return percentile(values, 1);
}

export type Interval = { from: number; to: number };

/** How much of `within` at least one of the intervals covers: what happens at the same time counts once. */
export function covered(intervals: readonly Interval[], within: Interval): number {
  const sorted = intervals
    .map(({ from, to }) => ({ from: Math.max(from, within.from), to: Math.min(to, within.to) }))
    .filter(({ from, to }) => to > from)
    .sort((a, b) => a.from - b.from);
  let total = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of sorted) {
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total;
}

/** A figure as it is printed: with as many digits as mean something. */
export function rounded(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}
