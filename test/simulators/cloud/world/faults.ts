import type { Clock } from '#src/ports/clock.ts';
import type { Fault, FaultName } from '../options.ts';

/** The switches for what goes wrong, by cluster. */
export type FaultSwitches = {
  set: (fault: Fault) => void;
  clear: (cluster: string, name: FaultName) => void;
  /** Whether it strikes now; uses up one of its times. One that is of a node group strikes only that. */
  strikes: (cluster: string, name: FaultName, nodeGroup?: string | null) => boolean;
  /** Whether it is on, without using it up. */
  isOn: (cluster: string, name: FaultName) => boolean;
  list: () => Fault[];
};

type Switched = { fault: Fault; since: number };

export function faultSwitches(clock: Pick<Clock, 'now'>, initial: Fault[] = []): FaultSwitches {
  const faults = new Map<string, Switched>();
  const set = (fault: Fault): void => {
    faults.set(`${fault.cluster}/${fault.name}`, { fault: { ...fault }, since: clock.now() });
  };
  for (const fault of initial) set(fault);
  const switchedOn = (cluster: string, name: FaultName): Fault | undefined => {
    const { fault, since } = faults.get(`${cluster}/${name}`) ?? {};
    if (fault === undefined || since === undefined) return undefined;
    const isOver = fault.forMs !== undefined && clock.now() >= since + fault.forMs;
    return isOver || fault.times === 0 ? undefined : fault;
  };
  return {
    set,
    clear: (cluster, name) => void faults.delete(`${cluster}/${name}`),
    isOn: (cluster, name) => switchedOn(cluster, name) !== undefined,
    strikes: (cluster, name, nodeGroup) => {
      const fault = switchedOn(cluster, name);
      if (nodeGroup !== undefined && fault?.nodeGroup !== undefined && fault.nodeGroup !== nodeGroup) return false;
      if (fault?.times !== undefined) fault.times -= 1;
      return fault !== undefined;
    },
    list: () => [...faults.values()].map(({ fault }) => ({ ...fault })),
  };
}
