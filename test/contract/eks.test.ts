import { describe } from 'vitest';
import { describeEksContract } from './eks-contract.ts';
import { simulatedCloud } from './simulated-cloud.ts';

describe('the eks adapter against the simulated cloud', () => {
  describeEksContract(simulatedCloud);
});
