/** Switches of the simulators that no fault of the catalogue uses, and why not. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'cloud/workload-stays-away': 'a stop that only the workload’s owner ends: test/scenarios/verify-git.test.ts',
  'cloud/workload-deleted-by-hand': 'nothing goes wrong by it: test/scenarios/verify-git.test.ts',
  'cloud/add-on-settings-changed':
    'a run whose plan would lose settings is refused, and ends there: nothing is left to be struck; test/scenarios/add-ons.test.ts has it',
};
