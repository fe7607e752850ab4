import { choosePoints, groupPoints } from './choose-points.ts';
import { Hunt, type Judged } from './hunt.ts';
import { openLab, type Slot } from './lab.ts';
import type { ChaosOptions } from './options.ts';
import { pointsOf } from './points.ts';
import { recordRuns } from './recordings.ts';
import { type Summary, summarize } from './summary.ts';

export type Reports = {
  recorded: (calls: number, points: number) => void;
  judged: (judged: Judged, left: number) => void;
};

/** Records undisturbed runs, then hits fresh worlds at every point of them. */
export async function everyCall(options: ChaosOptions, reports: Reports): Promise<Summary> {
  const lab = await openLab();
  try {
    const first = await lab.openSlot();
    const recordings = await recordRuns(first, options.speed);
    const points = choosePoints(pointsOf(recordings.map(({ calls }) => calls)), options);
    reports.recorded(recordings[0].calls.length, points.length);
    const others = await Promise.all(Array.from({ length: options.workers - 1 }, () => lab.openSlot()));
    const hunt = new Hunt({
      undisturbed: recordings[0].evidence,
      settings: { speed: options.speed, without: options.without },
      groups: groupPoints(points, options.together),
      report: reports.judged,
    });
    await Promise.all([first, ...others].map((slot: Slot) => hunt.goOn(slot)));
    return summarize(hunt.judged);
  } finally {
    await lab.close();
  }
}
