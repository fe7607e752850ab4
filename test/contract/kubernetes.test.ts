import { describe } from 'vitest';
import { describeKubernetesContract } from './kubernetes-contract.ts';
import { simulatedCloud } from './simulated-cloud.ts';

describe('the kubernetes adapter against the simulated cloud', () => {
  describeKubernetesContract(simulatedCloud);
});
