import { type Choice, choosePoints } from './choose-points.ts';
import { Hunt, type Judged } from './hunt.ts';
import { openLab, type Slot } from './lab.ts';
import type { ChaosOptions } from './options.ts';
import { type Point, pointsOf } from './points.ts';
import { recordRuns } from './recordings.ts';
import { type Summary, summarize } from './summary.ts';
import { type Protection, tellingPoints } from './without.ts';

export type Reports = {
  recorded: (calls: number, points: number) => void;
  judged: (judged: Judged, left: number) => void;
};

/** What depends on chance is not in all of them. */
const RECORDINGS = 3;

/**
 * Records undisturbed runs, then hits fresh worlds at every point of them. Without one of the guards: only where it
 * matters, each point in a world of its own, until it shows.
 */
export async function everyCall(options: ChaosOptions, reports: Reports): Promise<Summary> {
  const { speed, without, together, workers } = options;
  const lab = await openLab();
  try {
    // One is enough to see a guard missing: that needs no more than some points.
    const several = without === null ? RECORDINGS : 1;
    const slots = await Promise.all(Array.from({ length: Math.max(workers, several) }, () => lab.openSlot()));
    const recordings = await recordRuns(slots.slice(0, several), speed);
    const points = choose(pointsOf(recordings.map(({ calls }) => calls)), options);
    reports.recorded(recordings[0].calls.length, points.length);
    const hunt = new Hunt({
      undisturbed: recordings[0].evidence,
      settings: { speed, without },
      points,
      together: without === null ? together : 1,
      report: reports.judged,
    });
    await Promise.all(slots.slice(0, workers).map((slot: Slot) => hunt.goOn(slot)));
    return summarize(hunt.judged);
  } finally {
    await lab.close();
  }
}

function choose(points: Point[], choice: Choice & { without: Protection | null }): Point[] {
  const { without, only } = choice;
  return choosePoints(without === null || only !== null ? points : tellingPoints(points, without), choice);
}
