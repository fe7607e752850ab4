import { readFile } from 'node:fs/promises';
import { type Evidence, gather } from './evidence.ts';
import type { Slot } from './lab.ts';
import type { Order, Point } from './points.ts';
import { Scene } from './scene.ts';
import { createWorld, type WorldSettings } from './world.ts';

/** One run from the command to its end, with its processes told to do something to themselves. */
export type Life = {
  evidence: Evidence;
  /** Where a process was hit, in this order. */
  struck: Point[];
  /** Nothing came of it any more, or a process ended that nobody killed. */
  trouble: string | null;
  logTail: string;
  ms: number;
};

export type LifeRequest = WorldSettings & {
  /** Of the first process. Those after it are told what of it is left. */
  order: Order;
};

export async function live(slot: Slot, { order, ...settings }: LifeRequest): Promise<Life> {
  const began = Date.now();
  const world = await createWorld(slot, settings);
  try {
    const scene = new Scene(world, order);
    try {
      const trouble = await scene.play();
      const evidence = await gather(world, await scene.run());
      const logTail = (await readFile(world.botLog, 'utf8')).split('\n').slice(-25).join('\n');
      return { evidence, struck: scene.struck, trouble, logTail, ms: Date.now() - began };
    } finally {
      await scene.end();
    }
  } finally {
    await world.close();
  }
}
