/** Switches of the simulators that no fault of the catalogue uses, and why not. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'cloud/workload-stays-away': 'a stop that only the workload’s owner ends: test/scenarios/verify-git.test.ts',
  'cloud/workload-deleted-by-hand': 'nothing goes wrong by it: test/scenarios/verify-git.test.ts',
};
