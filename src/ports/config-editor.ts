import type { Rename } from '#src/domain/plan.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';
import type { Checkout } from './config-repository.ts';

/**
 * The config's source with its version and core group's name changed and nothing else, proven by evaluating it again.
 * Throws UserError (`ConfigNotEditable`) with what to change by hand when no edit proves right.
 */
export type EditConfig = (request: {
  checkout: Checkout;
  path: string;
  to: KubernetesVersion;
  renames: Rename[];
}) => Promise<string>;
