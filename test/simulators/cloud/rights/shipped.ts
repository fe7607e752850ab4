import { readFileSync } from 'node:fs';
import { fillPolicy } from '#src/cli/fill-policy.ts';
import type { PolicyDocument } from './policy.ts';

/** The files in docs/ that people are told to install, for the bot as a whole, for one that only looks, and for one that maps itself. */
export type RightsName = 'upgrade' | 'observe' | 'self-mapping' | 'admin';

type Shipped = { policies: readonly string[]; rbac: string; group: string };

export const SHIPPED: Record<Exclude<RightsName, 'admin'>, Shipped> = {
  upgrade: { policies: ['iam-policy.json', 'iam-policy-eksctl.json'], rbac: 'rbac.yaml', group: 'eks-upgrade-bot' },
  'self-mapping': {
    policies: ['iam-policy.json', 'iam-policy-eksctl.json', 'iam-policy-access-entry.json'],
    rbac: 'rbac.yaml',
    group: 'eks-upgrade-bot',
  },
  observe: { policies: ['iam-policy-observe.json'], rbac: 'rbac-observe.yaml', group: 'eks-upgrade-observer' },
};

export function shippedText(file: string): string {
  return readFileSync(new URL(`../../../../docs/${file}`, import.meta.url), 'utf8');
}

/** A shipped policy as somebody installs it for these clusters. */
export function shippedPolicy(file: string, clusters: readonly string[]): PolicyDocument {
  return fillPolicy(JSON.parse(shippedText(file)), clusters) as PolicyDocument;
}
