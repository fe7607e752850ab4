/** Switches of the simulators that no fault of the catalogue uses, and why not. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'git/push-hangs':
    'it lasts until somebody cuts it off, and a run waits for no push: test/scenarios/git-faults.test.ts',
  'cloud/workload-stays-away': 'a stop that only the workload’s owner ends: test/scenarios/verify-git.test.ts',
  'cloud/workload-deleted-by-hand': 'nothing goes wrong by it: test/scenarios/verify-git.test.ts',
  'cloud/add-on-settings-changed':
    'a run whose plan would lose settings is refused, and ends there: nothing is left to be struck; test/scenarios/add-ons.test.ts has it',
  'cloud/policy-attached-by-hand':
    'a stack sticks in DELETE_FAILED with it as with delete-fails, until a person in IAM helps',
  'cloud/group-by-hand': 'nothing goes wrong by it, the plan names it: test/scenarios/preflight.test.ts',
  'cloud/network-interface-left': 'a stack sticks in DELETE_FAILED with it as with delete-fails',
  'cloud/api-server-silent': 'each call waits five real seconds for it: api-server-away stands for it',
  'cloud/api-server-name-unknown': 'a cluster keeps its name: a storm finds no way out of it',
  'cloud/wrong-certificate-authority': 'a cluster hands out its own authority: a storm finds no way out of it',
  'cloud/budget-blocks': 'a drain waits until a person forces it: test/scenarios/core-swap.test.ts',
  'cloud/two-budgets': 'a drain waits until somebody takes one budget away: test/scenarios/core-swap.test.ts',
};
