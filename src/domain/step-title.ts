import type { AddonAction, Step } from './plan.ts';

/** How many group names a title shows before it says "and N more". */
const NAMES_SHOWN = 3;

/** One line for people, without a full stop: `control plane 1.22 → 1.23`. */
export function describeStep(step: Step): string {
  switch (step.phase) {
    case 'preflight':
      return 'preflight: tools, credentials and account';
    case 'template-drift':
      return 'template drift: the config against what runs';
    case 'access':
      return 'access: the rights of the bot in Kubernetes';
    case 'control-plane':
      return `control plane ${step.from} → ${step.to}`;
    case 'add-ons':
      return `add-ons for ${step.version}: ${describeAddons(step.addons)}`;
    case 'node-groups':
      return describeNodeGroupsStep(step);
    case 'verify':
      return `verify that everything is healthy at ${step.version}`;
    case 'commit-config':
      return `commit the config at ${step.version}${describeRenames(step.renames)}`;
    default:
      return step satisfies never;
  }
}

/** `vpc-cni v1.11.4 → v1.12.6`, `coredns (by eksctl)`, `kube-proxy skipped (not installed)`. */
export function describeAddon(action: AddonAction): string {
  switch (action.kind) {
    case 'eks':
      return `${action.name} ${action.from} → ${action.to}`;
    case 'eksctl':
      return `${action.name} to the version embedded in eksctl`;
    case 'skip':
      return `${action.name} skipped (${WHY_SKIPPED[action.why]})`;
    default:
      return action satisfies never;
  }
}

const WHY_SKIPPED = {
  absent: 'not installed',
  'auto-mode': 'EKS Auto Mode runs it',
  current: 'already current',
  'not-offered': 'EKS offers no version of it',
} as const satisfies Record<Extract<AddonAction, { kind: 'skip' }>['why'], string>;

/** `core-a, nb-large, nb-small and 7 more`. */
export function listNames(names: readonly string[], shown: number = NAMES_SHOWN): string {
  // "and 1 more" would be as long as the name itself.
  if (names.length <= shown + 1) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
}

function describeAddons(addons: readonly AddonAction[]): string {
  const acting = [...new Set(addons.filter(({ kind }) => kind !== 'skip').map(({ name }) => name))];
  return acting.length === 0 ? 'nothing to update' : listNames(acting);
}

function describeNodeGroupsStep(step: Extract<Step, { phase: 'node-groups' }>): string {
  switch (step.action) {
    case 'create':
      return `node groups: create ${listNames(step.groups)} ${step.givesBack ? 'again ' : ''}at ${step.version}`;
    case 'delete':
      return `node groups: delete ${listNames(step.groups)}`;
    case 'prove':
      return `node groups: prove ${listNames(step.groups)} by a node at ${step.version}`;
    case 'update-managed':
      return `node groups: update ${listNames(step.groups)} to ${step.version}`;
    default:
      return step satisfies never;
  }
}

function describeRenames(renames: readonly { from: string; to: string }[]): string {
  return renames.map(({ from, to }) => `, ${from} → ${to}`).join('');
}
