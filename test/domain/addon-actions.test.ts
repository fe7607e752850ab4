import { describe, expect, it } from 'vitest';
import { scheduleAddons } from '#src/domain/addon-actions.ts';
import { compareAddonVersions } from '#src/domain/addon-versions.ts';
import type { ObservedAddon } from '#src/domain/observation.ts';
import type { AddonAction, Plan } from '#src/domain/plan.ts';
import { planUpgrade } from '#src/domain/plan-upgrade.ts';
import { describeAddon } from '#src/domain/step-title.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';
import { anObservation, aRequest, type Changes, eksAddon, selfManagedAddons } from '#test/support/observations.ts';

function actions(to: KubernetesVersion, changes: Changes, previous: Plan | null = null): Record<string, string[]> {
  const { before, at } = scheduleAddons(anObservation(changes), to, previous);
  const named = (addons: AddonAction[]): string[] => addons.map(describeAddon);
  return {
    ...(before === null ? {} : { [`before, at ${before.version}`]: named(before.addons) }),
    ...Object.fromEntries(at.map(({ version, addons }) => [version, named(addons)])),
  };
}

/** Each at a version that every hop offers. */
function eks(names: string[]): ObservedAddon[] {
  return names.map((name) => eksAddon(name, 'v1.0.0', { '1.23': ['v1.1.0', 'v1.0.0'], '1.24': ['v1.2.0', 'v1.1.0'] }));
}

const COREDNS = eksAddon('coredns', 'v1.8.7', { '1.23': ['v1.8.8', 'v1.8.7'], '1.24': ['v1.9.3', 'v1.8.8'] });

describe('scheduleAddons', () => {
  it('takes an EKS add-on to the default of each hop', () => {
    expect(actions('1.24', { addons: [COREDNS] })).toEqual({
      '1.23': ['coredns v1.8.7 → v1.8.8'],
      '1.24': ['coredns v1.8.8 → v1.9.3'],
    });
  });

  it('never takes one back', () => {
    const addons = [eksAddon('coredns', 'v1.9.9', { '1.23': ['v1.8.8', 'v1.9.9'] })];
    expect(actions('1.23', { addons })).toEqual({ '1.23': ['coredns skipped (already current)'] });
  });

  it('updates vpc-cni first and kube-proxy last', () => {
    const addons = [
      ...selfManagedAddons('1.22'),
      eksAddon('aws-ebs-csi-driver', 'v1.12.0', { '1.23': ['v1.13.0', 'v1.12.0'] }),
    ];
    expect(actions('1.23', { addons })).toEqual({
      '1.23': [
        'vpc-cni to the version embedded in eksctl',
        'coredns to the version embedded in eksctl',
        'aws-ebs-csi-driver v1.12.0 → v1.13.0',
        'kube-proxy to the version embedded in eksctl',
      ],
    });
  });

  it('takes vpc-cni through one minor at a time, by the newest of each that is offered', () => {
    const offered = {
      '1.23': [
        'v1.12.6-eksbuild.2',
        'v1.12.0-eksbuild.1',
        'v1.11.4-eksbuild.1',
        'v1.11.5-eksbuild.1',
        'v1.10.1-eksbuild.1',
      ],
    };
    const addons = [eksAddon('vpc-cni', 'v1.10.1-eksbuild.1', offered)];
    expect(actions('1.23', { addons })).toEqual({
      '1.23': ['vpc-cni v1.10.1-eksbuild.1 → v1.11.5-eksbuild.1', 'vpc-cni v1.11.5-eksbuild.1 → v1.12.6-eksbuild.2'],
    });
  });

  it('updates before the hop what the next control plane does not take', () => {
    const addons = [
      eksAddon('coredns', 'v1.7.0', { '1.22': ['v1.8.4', 'v1.8.3', 'v1.7.0'], '1.23': ['v1.8.8', 'v1.8.4', 'v1.8.3'] }),
    ];
    expect(actions('1.23', { addons })).toEqual({
      'before, at 1.22': ['coredns v1.7.0 → v1.8.4'],
      '1.23': ['coredns v1.8.4 → v1.8.8'],
    });
  });

  it('chooses a version that the next hop takes too, even if it is not the default', () => {
    const coredns = eksAddon('coredns', 'v1.8.7', {
      '1.23': ['v1.8.8', 'v1.8.9', 'v1.8.7'],
      '1.24': ['v1.9.3', 'v1.8.9'],
    });
    expect(actions('1.24', { addons: [coredns] })).toEqual({
      '1.23': ['coredns v1.8.7 → v1.8.9'],
      '1.24': ['coredns v1.8.9 → v1.9.3'],
    });
  });

  it('says of every hop which add-on its control plane does not take', () => {
    const coredns = eksAddon('coredns', 'v1.8.7', { '1.23': ['v1.8.7'], '1.24': ['v1.9.3'], '1.25': ['v1.9.9'] });
    expect(scheduleAddons(anObservation({ addons: [coredns] }), '1.25', null).incompatible).toEqual([
      { name: 'coredns', current: 'v1.8.7', version: '1.24' },
      { name: 'coredns', current: 'v1.9.3', version: '1.25' },
    ]);
  });

  it.each<[string, string[], ObservedAddon[]]>([
    [
      'of EKS',
      ['vpc-cni', 'coredns', 'aws-ebs-csi-driver', 'kube-proxy'],
      eks(['kube-proxy', 'vpc-cni', 'coredns', 'aws-ebs-csi-driver']),
    ],
    ['self-managed', ['vpc-cni', 'coredns', 'kube-proxy'], selfManagedAddons('1.22')],
    [
      'of EKS, beside a self-managed kube-proxy',
      ['vpc-cni', 'coredns', 'vendor_agent', 'kube-proxy'],
      [
        ...eks(['vendor_agent', 'vpc-cni', 'coredns']),
        ...selfManagedAddons('1.22').filter(({ name }) => name === 'kube-proxy'),
      ],
    ],
    [
      'self-managed, beside a kube-proxy of EKS',
      ['vpc-cni', 'coredns', 'vendor_agent', 'kube-proxy'],
      [
        ...eks(['kube-proxy', 'vendor_agent']),
        ...selfManagedAddons('1.22').filter(({ name }) => name !== 'kube-proxy'),
      ],
    ],
  ])('has kube-proxy last in every hop with add-ons %s', (_, order, addons) => {
    const { at } = scheduleAddons(anObservation({ addons }), '1.24', null);
    for (const step of at) expect([...new Set(step.addons.map(({ name }) => name))]).toEqual(order);
    expect(at).toHaveLength(2);
  });

  describe('with a VPC CNI before 1.12 and a hop to 1.26', () => {
    const cni = (version: string): ObservedAddon => ({
      kind: 'self-managed',
      name: 'vpc-cni',
      image: `602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:${version}`,
    });

    it('has eksctl replace a self-managed one before the hop', () => {
      expect(actions('1.26', { version: '1.25', addons: [cni('v1.11.4')] })).toEqual({
        'before, at 1.25': ['vpc-cni to the version embedded in eksctl'],
        '1.26': ['vpc-cni to the version embedded in eksctl'],
      });
    });

    it('updates one of EKS before the hop', () => {
      const managed = eksAddon('vpc-cni', 'v1.11.4', {
        '1.25': ['v1.11.4', 'v1.12.6'],
        '1.26': ['v1.13.4', 'v1.12.6'],
      });
      expect(actions('1.26', { version: '1.25', addons: [managed] })).toMatchObject({
        'before, at 1.25': ['vpc-cni v1.11.4 → v1.12.6'],
      });
    });

    it.each([
      ['new enough', '1.25', '1.26', 'v1.12.0'],
      ['replaced in an earlier hop', '1.24', '1.26', 'v1.11.4'],
      ['before 1.26', '1.24', '1.25', 'v1.11.4'],
      ['of a version that cannot be read', '1.25', '1.26', 'stable'],
    ] as const)('does nothing more for one that is %s', (_, version, to, image) => {
      expect(scheduleAddons(anObservation({ version, addons: [cni(image)] }), to, null).before).toBe(null);
    });
  });

  it('lets kube-proxy follow the control plane', () => {
    const addons = [eksAddon('kube-proxy', 'v1.22.6', { '1.22': ['v1.22.6'], '1.23': ['v1.23.7'] })];
    expect(actions('1.23', { addons })).toEqual({ '1.23': ['kube-proxy v1.22.6 → v1.23.7'] });
  });

  it('skips by name what is absent, what Auto Mode runs, and what EKS offers nothing of', () => {
    const addons = [{ kind: 'absent' as const, name: 'coredns' as const }, eksAddon('vendor', 'v1', {})];
    expect(actions('1.23', { addons })).toEqual({
      '1.23': ['coredns skipped (not installed)', 'vendor skipped (EKS offers no version of it)'],
    });
    expect(actions('1.23', { addons, cluster: { autoMode: true } })['1.23']?.[0]).toBe(
      'coredns skipped (EKS Auto Mode runs it)',
    );
  });

  it('leaves self-managed ones alone without a hop, unless kube-proxy lags behind', () => {
    expect(actions('1.24', { version: '1.24' })['1.24']).toEqual([
      'vpc-cni skipped (already current)',
      'coredns skipped (already current)',
      'kube-proxy skipped (already current)',
    ]);
    expect(actions('1.24', { version: '1.24', addons: selfManagedAddons('1.23') })['1.24']?.at(-1)).toBe(
      'kube-proxy to the version embedded in eksctl',
    );
  });

  it('keeps the pins of the plan before while they are offered, and takes the default when not', () => {
    const before = planUpgrade(aRequest('1.24', { addons: [COREDNS] }));
    const previous = before.kind === 'plan' ? before.plan : null;
    const newer = eksAddon('coredns', 'v1.8.7', { '1.23': ['v1.8.9', 'v1.8.8', 'v1.8.7'], '1.24': ['v1.9.4'] });
    expect(actions('1.24', { addons: [newer] }, previous)).toEqual({
      '1.23': ['coredns v1.8.7 → v1.8.8'],
      '1.24': ['coredns v1.8.8 → v1.9.4'],
    });
  });

  it('keeps the pins on the way of vpc-cni too, and falls back to the default when the last one is gone', () => {
    const from = 'v1.10.1-eksbuild.1';
    const cni = (...versions: string[]) => eksAddon('vpc-cni', from, { '1.22': [from], '1.23': [...versions, from] });
    const before = planUpgrade(aRequest('1.23', { addons: [cni('v1.12.0-eksbuild.1', 'v1.11.4-eksbuild.1')] }));
    const previous = before.kind === 'plan' ? before.plan : null;
    const newer = cni('v1.12.6-eksbuild.1', 'v1.12.0-eksbuild.1', 'v1.11.5-eksbuild.1', 'v1.11.4-eksbuild.1');
    expect(actions('1.23', { addons: [newer] }, previous)['1.23']).toEqual([
      `vpc-cni ${from} → v1.11.4-eksbuild.1`,
      'vpc-cni v1.11.4-eksbuild.1 → v1.12.0-eksbuild.1',
    ]);
    const gone = cni('v1.12.6-eksbuild.1', 'v1.11.5-eksbuild.1', 'v1.11.4-eksbuild.1');
    expect(actions('1.23', { addons: [gone] }, previous)['1.23']?.at(-1)).toBe(
      'vpc-cni v1.11.4-eksbuild.1 → v1.12.6-eksbuild.1',
    );
  });
});

describe('compareAddonVersions', () => {
  it.each([
    ['v1.9.3-eksbuild.2', 'v1.10.0-eksbuild.1', -1],
    ['v1.9.3-eksbuild.10', 'v1.9.3-eksbuild.2', 1],
    ['v1.9.3', 'v1.9.3-eksbuild.1', -1],
    ['v2.0.0', 'v2.0.0', 0],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareAddonVersions(a, b))).toBe(sign);
  });
});
