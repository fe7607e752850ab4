import { describe, expect, test } from 'vitest';
import { CATALOGUE, faultNamed } from './catalogue.ts';
import { drawSchedule, onlyRun } from './schedule.ts';

const storm = (seed: number, runs = 20) => drawSchedule({ seed, runs, catalogue: CATALOGUE });

describe('the schedule of a storm', () => {
  test('is a function of the seed: what, where, and at which moment', () => {
    expect(storm(7)).toEqual(storm(7));
    expect(JSON.stringify(storm(7).strikes)).not.toBe(JSON.stringify(storm(8).strikes));
  });

  test('is plain data that can be printed and read again', () => {
    expect(JSON.parse(JSON.stringify(storm(7)))).toEqual(storm(7));
  });

  test('does to the first runs the same, however many come after them', () => {
    const [few, many] = [storm(7, 5), storm(7, 9)];
    expect(many.runs.slice(0, 5)).toEqual(few.runs);
    const of = ({ strikes }: typeof few) =>
      strikes.filter(({ cluster }) => cluster === 'storm-003').map(({ id: _, ...rest }) => rest);
    expect(of(many)).toEqual(of(few));
  });

  test('has each fault of the catalogue in some of a hundred storms', () => {
    const drawn = new Set(
      Array.from({ length: 100 }, (_, seed) => storm(seed)).flatMap(({ strikes }) => strikes.map(({ fault }) => fault)),
    );
    expect(CATALOGUE.map(({ name }) => name).filter((name) => !drawn.has(name))).toEqual([]);
  });

  test('strikes a cluster only with what makes sense for it', () => {
    const misplaced = [storm(1), storm(2), storm(3)].flatMap(({ runs, strikes }) =>
      strikes.filter(({ fault, cluster }) => {
        const { scope, shapes } = faultNamed(fault);
        const shape = runs.find((run) => run.cluster.name === cluster)?.cluster.shape;
        const isFitting = shapes === undefined || (shape !== undefined && shapes.includes(shape));
        return (cluster === null) !== (scope === 'world') || !isFitting;
      }),
    );
    expect(misplaced).toEqual([]);
  });

  test('leaves some clusters alone, so that success is possible', () => {
    const { runs, strikes } = storm(1);
    const struck = new Set(strikes.map(({ cluster }) => cluster));
    expect(runs.filter(({ cluster }) => !struck.has(cluster.name)).length).toBeGreaterThan(2);
  });

  test('can be cut down to one run, which keeps its own faults and those of the world', () => {
    const whole = storm(1);
    const cut = onlyRun(whole, 4);
    expect(cut.runs.map(({ number }) => number)).toEqual([4]);
    expect(cut.strikes).toEqual(whole.strikes.filter(({ cluster }) => cluster === null || cluster === 'storm-004'));
  });
});
