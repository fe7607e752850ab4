import { describe, expect, it } from 'vitest';
import type { LostSetting } from '#src/domain/lost-settings.ts';
import type { ObservedAddon } from '#src/domain/observation.ts';
import type { Plan } from '#src/domain/plan.ts';
import { type PlanRequest, planUpgrade } from '#src/domain/plan-upgrade.ts';
import { aRequest, eksAddon, selfManagedAddons } from '#test/support/observations.ts';

const LOST: LostSetting[] = [
  { object: 'ConfigMap coredns', setting: 'Corefile', now: '.:53 {\nlog\n}', after: '.:53 {\n}' },
  { object: 'Deployment coredns', setting: 'replicas', now: '4', after: '2' },
];
const changedCoredns = selfManagedAddons('1.23').map(
  (addon): ObservedAddon =>
    addon.kind === 'self-managed' && addon.name === 'coredns' ? { ...addon, lost: LOST } : addon,
);

function plan(request: PlanRequest): Plan {
  const planned = planUpgrade(request);
  if (planned.kind !== 'plan') throw new Error('there is nothing to do');
  return planned.plan;
}
const ids = (notes: Plan['refusals']): string[] => notes.map(({ id }) => id);

describe('settings of self-managed add-ons that eksctl would overwrite', () => {
  it('refuse the plan, in short, with the whole difference beside it', () => {
    expect(plan(aRequest('1.24', { version: '1.23', addons: changedCoredns })).refusals).toEqual([
      {
        id: 'add-on-settings-would-be-lost:coredns',
        text: 'eksctl would replace the self-managed add-on coredns as a whole, and settings made by hand would be lost: Corefile and replicas (4 → 2). That can break DNS for users. Make coredns an EKS add-on, whose configuration is kept; or allow it with overwriteAddons: true for coast in the fleet file: the bot then saves the objects before, and you set what is needed again. Then ask again.',
        detail: ['ConfigMap coredns, Corefile:', '- log', 'Deployment coredns, replicas: 4 → 2'],
      },
    ]);
  });

  it('are a warning where the fleet file allows it, which says where they are saved', () => {
    const { refusals, warnings } = plan(
      aRequest('1.24', { version: '1.23', addons: changedCoredns, overwriteAddons: true }),
    );
    expect(refusals).toEqual([]);
    expect(warnings.find(({ id }) => id === 'add-on-settings-lost:coredns')).toEqual({
      id: 'add-on-settings-lost:coredns',
      text: 'eksctl replaces the self-managed add-on coredns as a whole, as the fleet file allows, and settings made by hand are lost: Corefile and replicas (4 → 2). That can break DNS for users. The objects are saved before each replacement: "npm run ops -- saved-addons coast" prints them. Set what is needed again after every add-ons step.',
      detail: ['ConfigMap coredns, Corefile:', '- log', 'Deployment coredns, replicas: 4 → 2'],
    });
  });

  it('are no matter of the hash: the approval of one difference is that of another', () => {
    const other = changedCoredns.map(
      (addon): ObservedAddon => ('lost' in addon ? { ...addon, lost: LOST.slice(0, 1) } : addon),
    );
    const of = (addons: ObservedAddon[]) =>
      plan(aRequest('1.24', { version: '1.23', addons, overwriteAddons: true })).hash;
    expect(of(other)).toBe(of(changedCoredns));
    expect(of(selfManagedAddons('1.23'))).not.toBe(of(changedCoredns));
  });

  it('say nothing of add-ons that nobody changed', () => {
    const { refusals, warnings } = plan(aRequest('1.24', { version: '1.23', addons: selfManagedAddons('1.23') }));
    expect([...ids(refusals), ...ids(warnings)].filter((id) => id.startsWith('add-on-settings'))).toEqual([]);
  });
});

describe('a VPC CNI before 1.12 on the way to 1.26', () => {
  it('is a refusal when EKS offers nothing to update it to before the hop', () => {
    const cni = eksAddon('vpc-cni', 'v1.11.4-eksbuild.1', {
      '1.25': ['v1.11.4-eksbuild.1'],
      '1.26': ['v1.12.6-eksbuild.2'],
    });
    const { refusals, warnings } = plan(aRequest('1.26', { version: '1.25', addons: [cni] }));
    expect(refusals).toEqual([
      {
        id: 'vpc-cni-too-old:1.26',
        text: 'The VPC CNI (the EKS add-on vpc-cni) would be at v1.11.4-eksbuild.1 when the control plane comes to 1.26, and before 1.12 its pods crash there: new pods get no address. EKS offers no newer version that fits before and after that hop. Update vpc-cni to 1.12 or newer by hand, then ask again.',
      },
    ]);
    expect(ids(warnings)).not.toContain('add-on-incompatible:vpc-cni');
  });

  it('is a warning when its version cannot be told from the image', () => {
    const image = 'registry.example/mirror/cni@sha256:0123';
    const addons: ObservedAddon[] = [{ kind: 'self-managed', name: 'vpc-cni', image }];
    const { refusals, warnings } = plan(aRequest('1.26', { version: '1.25', addons }));
    expect(refusals).toEqual([]);
    expect(warnings.find(({ id }) => id === 'vpc-cni-version-unknown')?.text).toBe(
      `The version of the VPC CNI cannot be told from its image (${image}). Before 1.12 its pods crash from Kubernetes 1.26 on, and new pods get no address. See which version it is before you approve.`,
    );
  });
});
