import { describe } from 'vitest';
import { describeIdentityContract } from './identity-contract.ts';
import { simulatedCloud } from './simulated-cloud.ts';

describe('the identity adapter against the simulated cloud', () => {
  describeIdentityContract(simulatedCloud);
});
