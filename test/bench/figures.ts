/** What `npm run bench -- --json` prints; README.md says what each figure measures. `--only` prints one of them. */
export type Figures = {
  overhead: { ratio: number; callsPerHop: number };
  versusRunbook: { ratio: number };
  tenClusters: { ratio: number };
  ack: { p99Ms: number; bareP99Ms: number; maxMs: number };
  decision: { p99Ms: number };
  capacity: { runs: number; cpuPercent: number; rssMb: number; lateP99Ms: number };
  recovery: { p50S: number; maxS: number };
  slackBudget: { noticeLateMaxS: number; overRate: number };
  start: { readyMs: number };
};

export type FigureName = keyof Figures;

/** In the order in which they are measured and printed. */
export const FIGURE_NAMES: readonly FigureName[] = [
  'overhead',
  'versusRunbook',
  'tenClusters',
  'ack',
  'decision',
  'capacity',
  'recovery',
  'slackBudget',
  'start',
];

/** How a figure is measured. `quick`: smaller and faster, to develop with; what it prints is no figure. */
export type BenchSettings = { seed: number; quick: boolean; runs: number | null; say: (line: string) => void };
