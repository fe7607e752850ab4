import type { Fault } from './fault.ts';
import { CLOUD_FAULTS } from './faults/cloud.ts';
import { EKSCTL_FAULTS } from './faults/eksctl.ts';
import { GIT_FAULTS } from './faults/git.ts';
import { PROCESS_FAULTS } from './faults/processes.ts';
import { REDIS_FAULTS } from './faults/redis.ts';
import { SLACK_FAULTS } from './faults/slack.ts';

/** Everything that can go wrong in a storm. */
export const CATALOGUE: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...REDIS_FAULTS,
  ...SLACK_FAULTS,
  ...CLOUD_FAULTS,
  ...EKSCTL_FAULTS,
  ...GIT_FAULTS,
];

export function faultNamed(name: string): Fault {
  const fault = CATALOGUE.find((candidate) => candidate.name === name);
  if (fault === undefined) throw new Error(`there is no fault "${name}" in the catalogue`);
  return fault;
}
