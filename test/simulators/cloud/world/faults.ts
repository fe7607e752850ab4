import type { Fault, FaultName } from '../options.ts';

/** The switches for what goes wrong, by cluster. */
export type FaultSwitches = {
  set: (fault: Fault) => void;
  clear: (cluster: string, name: FaultName) => void;
  /** Whether it strikes now; uses up one of its times. */
  strikes: (cluster: string, name: FaultName) => boolean;
  /** Whether it is on, without using it up. */
  isOn: (cluster: string, name: FaultName) => boolean;
  list: () => Fault[];
};

export function faultSwitches(initial: Fault[] = []): FaultSwitches {
  const faults = new Map<string, Fault>(initial.map((fault) => [`${fault.cluster}/${fault.name}`, { ...fault }]));
  const isOn = (cluster: string, name: FaultName): boolean => {
    const fault = faults.get(`${cluster}/${name}`);
    return fault !== undefined && (fault.times === undefined || fault.times > 0);
  };
  return {
    set: (fault) => void faults.set(`${fault.cluster}/${fault.name}`, { ...fault }),
    clear: (cluster, name) => void faults.delete(`${cluster}/${name}`),
    isOn,
    strikes: (cluster, name) => {
      const on = isOn(cluster, name);
      const fault = faults.get(`${cluster}/${name}`);
      if (on && fault?.times !== undefined) fault.times -= 1;
      return on;
    },
    list: () => [...faults.values()].map((fault) => ({ ...fault })),
  };
}
