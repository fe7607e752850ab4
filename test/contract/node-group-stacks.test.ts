import { describe } from 'vitest';
import { describeNodeGroupStacksContract } from './node-group-stacks-contract.ts';
import { simulatedCloud } from './simulated-cloud.ts';

describe('the node-group-stacks adapter against the simulated cloud', () => {
  describeNodeGroupStacksContract(simulatedCloud);
});
