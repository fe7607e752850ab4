import { describe } from 'vitest';
import { describeAutoScalingContract } from './auto-scaling-contract.ts';
import { simulatedCloud } from './simulated-cloud.ts';

describe('the auto-scaling adapter against the simulated cloud', () => {
  describeAutoScalingContract(simulatedCloud);
});
