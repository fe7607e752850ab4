import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '#src/domain/plan.ts';
import { type PlanRequest, planUpgrade } from '#src/domain/plan-upgrade.ts';
import { describeStep } from '#src/domain/step-title.ts';
import {
  aConfigGroup,
  aGroup,
  aRequest,
  eksAddon,
  nodesOf,
  PLANNED_AT,
  unchecked,
} from '#test/support/observations.ts';

function planOf(request: PlanRequest): Plan {
  const planned = planUpgrade(request);
  if (planned.kind !== 'plan') throw new Error(`there is ${planned.kind}, not a plan`);
  return planned.plan;
}

function stepOf(plan: Plan, id: string): Step {
  const step = plan.steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`no step ${id} among ${plan.steps.map((known) => known.id).join(', ')}`);
  return step;
}

const idsOf = (plan: Plan): string[] => plan.steps.map(({ id }) => id);

describe('planUpgrade: the steps', () => {
  it('take coast from 1.22 to 1.24 with one rotation at the end', () => {
    const plan = planOf(aRequest('1.24'));
    expect(plan.refusals).toEqual([]);
    expect(plan.steps.map((step) => `${step.id} | ${describeStep(step)} | ${step.expectedMinutes} min`)).toEqual([
      'preflight | preflight: tools, credentials and account | 1 min',
      'template-drift | template drift: the config against what runs | 1 min',
      'access | access: the rights of the bot in Kubernetes | 1 min',
      'control-plane-1.23 | control plane 1.22 → 1.23 | 10 min',
      'add-ons-1.23 | add-ons for 1.23: vpc-cni, coredns, kube-proxy | 6 min',
      'control-plane-1.24 | control plane 1.23 → 1.24 | 10 min',
      'add-ons-1.24 | add-ons for 1.24: vpc-cni, coredns, kube-proxy | 6 min',
      'node-groups-1.24-create-core | node groups: create core-b at 1.24 | 5 min',
      'node-groups-1.24-delete-core | node groups: delete core-a | 1 min',
      'node-groups-1.24-delete | node groups: delete nb-small, dask-worker | 1 min',
      'node-groups-1.24-create-others | node groups: create nb-small, dask-worker at 1.24 | 5 min',
      'verify | verify that everything is healthy at 1.24 | 2 min',
      'commit-config | commit the config at 1.24, core-a → core-b | 1 min',
    ]);
  });

  const order = (plan: Plan): string[] => plan.steps.map(({ id, after }) => `${after.join(' + ')} → ${id}`);

  it('begin with three that change nothing, replace the core beside the add-ons, and delete what people use after both the add-ons and the new core', () => {
    expect(order(planOf(aRequest('1.23')))).toEqual([
      ' → preflight',
      'preflight → template-drift',
      'preflight → access',
      'template-drift + access → control-plane-1.23',
      'control-plane-1.23 → add-ons-1.23',
      'control-plane-1.23 → node-groups-1.23-create-core',
      'node-groups-1.23-create-core → node-groups-1.23-delete-core',
      'add-ons-1.23 + node-groups-1.23-create-core → node-groups-1.23-delete',
      'node-groups-1.23-delete → node-groups-1.23-create-others',
      'node-groups-1.23-delete-core + node-groups-1.23-create-others → verify',
      'verify → commit-config',
    ]);
  });

  it('let nothing overlap a hop, nor a deletion that no creation goes before', () => {
    const groups = [aGroup('core-a', '1.24'), aGroup('nb', '1.22')];
    expect(order(planOf(aRequest('1.24', { groups }))).slice(3)).toEqual([
      'template-drift + access → control-plane-1.23',
      'control-plane-1.23 → add-ons-1.23',
      'add-ons-1.23 → control-plane-1.24',
      'control-plane-1.24 → add-ons-1.24',
      'add-ons-1.24 → node-groups-1.24-delete',
      'node-groups-1.24-delete → node-groups-1.24-create-others',
      'node-groups-1.24-create-others → verify',
      'verify → commit-config',
    ]);
  });

  it('have what comes next wait for the old core too, also where only core groups rotate', () => {
    const managed = aGroup('gpu', '1.22', { kind: 'managed' });
    expect(order(planOf(aRequest('1.23', { groups: [aGroup('core-a', '1.22'), managed] }))).slice(4)).toEqual([
      'control-plane-1.23 → add-ons-1.23',
      'control-plane-1.23 → node-groups-1.23-create-core',
      'node-groups-1.23-create-core → node-groups-1.23-delete-core',
      'add-ons-1.23 + node-groups-1.23-delete-core → node-groups-1.23-update-managed',
      'node-groups-1.23-update-managed → verify',
      'verify → commit-config',
    ]);
    const both = planOf(aRequest('1.24', { groups: [aGroup('core-a', '1.22'), aGroup('nb', '1.22'), managed] }));
    expect(order(both)).toContain(
      'node-groups-1.24-delete-core + node-groups-1.24-create-others → node-groups-1.24-update-managed',
    );
  });

  it('update managed groups when the add-ons are proven', () => {
    const groups = [aGroup('core-a', '1.22', { kind: 'managed', nodes: nodesOf('core-a', 2, '1.22') })];
    expect(order(planOf(aRequest('1.23', { groups })))).toContain('add-ons-1.23 → node-groups-1.23-update-managed');
  });

  it('carry what the plan was made from', () => {
    const { account, region, from, to, skew, config, madeAt, activity } = planOf(aRequest('1.23'));
    expect({ account, region, from, to, skew, config, madeAt, activity }).toEqual({
      account: '111122223333',
      region: 'us-west-2',
      from: '1.22',
      to: '1.23',
      skew: 'supported',
      config: { commit: '4f2a9c07d1b3e5f60718293a4b5c6d7e8f901234', path: 'coast.jsonnet' },
      madeAt: PLANNED_AT,
      activity: { total: 0, byNamespace: {} },
    });
  });

  it('let the core name alternate with each rotation, always relative to the config', () => {
    const plan = planOf(aRequest('1.24', { version: '1.21' }));
    expect(stepOf(plan, 'node-groups-1.23-create-core')).toMatchObject({
      groups: ['core-b'],
      renames: [{ from: 'core-a', to: 'core-b' }],
    });
    expect(stepOf(plan, 'node-groups-1.23-delete-core')).toMatchObject({ groups: ['core-a'], renames: [] });
    expect(stepOf(plan, 'node-groups-1.23-delete')).toMatchObject({
      groups: ['nb-small', 'dask-worker'],
      renames: [],
    });
    expect(stepOf(plan, 'node-groups-1.24-create-core')).toMatchObject({ groups: ['core-a'], renames: [] });
    const renames = [{ from: 'core-a', to: 'core-b' }];
    expect(stepOf(plan, 'node-groups-1.24-delete-core')).toMatchObject({ groups: ['core-b'], renames });
    expect(stepOf(plan, 'node-groups-1.24-delete')).toMatchObject({ groups: ['nb-small', 'dask-worker'], renames });
    expect(stepOf(plan, 'commit-config')).toMatchObject({ renames: [] });
  });

  it('rotate once with runbook, at control plane 1.23, after its add-ons', () => {
    const plan = planOf(aRequest('1.24', { version: '1.21', skew: 'runbook' }));
    expect(plan.skew).toBe('runbook');
    expect(idsOf(plan).slice(5, -2)).toEqual([
      'control-plane-1.23',
      'add-ons-1.23',
      'node-groups-1.24-create-core',
      'node-groups-1.24-delete-core',
      'node-groups-1.24-delete',
      'node-groups-1.24-create-others',
      'control-plane-1.24',
      'add-ons-1.24',
    ]);
  });

  it('update managed groups in place, never ahead, also with runbook', () => {
    const groups = [aGroup('core-a', '1.21', { kind: 'managed', nodes: nodesOf('core-a', 2, '1.21') })];
    const plan = planOf(aRequest('1.24', { version: '1.21', groups, skew: 'runbook' }));
    expect(plan.skew).toBe('supported');
    expect(idsOf(plan).filter((id) => /control|groups/.test(id))).toEqual([
      'control-plane-1.22',
      'control-plane-1.23',
      'node-groups-1.23-update-managed',
      'control-plane-1.24',
      'node-groups-1.24-update-managed',
    ]);
    expect(stepOf(plan, 'node-groups-1.24-update-managed').expectedMinutes).toBe(30);
    expect(stepOf(plan, 'verify')).toMatchObject({ nodeGroups: [{ name: 'core-a', kind: 'managed' }] });
    expect(stepOf(plan, 'commit-config')).toMatchObject({ renames: [] });
  });

  it('leave out a core group that is at the target', () => {
    const plan = planOf(
      aRequest('1.24', { version: '1.23', groups: [aGroup('core-a', '1.24'), aGroup('nb', '1.23')] }),
    );
    expect(idsOf(plan).filter((id) => id.startsWith('node-groups'))).toEqual([
      'node-groups-1.24-delete',
      'node-groups-1.24-create-others',
    ]);
  });

  it('rotate a core group alone', () => {
    const plan = planOf(
      aRequest('1.24', { version: '1.23', groups: [aGroup('core-c', '1.23'), aGroup('nb', '1.24')] }),
    );
    expect(stepOf(plan, 'node-groups-1.24-create-core')).toMatchObject({ groups: ['core-d'] });
    expect(stepOf(plan, 'node-groups-1.24-delete-core')).toMatchObject({ groups: ['core-c'], role: 'core' });
    expect(idsOf(plan).slice(-3)).toEqual(['node-groups-1.24-delete-core', 'verify', 'commit-config']);
  });

  it('only rotate what lags when the control plane is there already', () => {
    const plan = planOf(
      aRequest('1.24', { version: '1.24', groups: [aGroup('core-a', '1.24'), aGroup('nb', '1.22')] }),
    );
    expect(idsOf(plan)).toEqual([
      'preflight',
      'template-drift',
      'access',
      'node-groups-1.24-delete',
      'node-groups-1.24-create-others',
      'verify',
      'commit-config',
    ]);
  });

  it('bring along add-ons that an earlier run left behind', () => {
    const addons = [
      { kind: 'self-managed' as const, name: 'kube-proxy' as const, image: 'eks/kube-proxy:v1.23.8-eksbuild.2' },
    ];
    const plan = planOf(aRequest('1.24', { version: '1.24', addons }));
    expect(idsOf(plan)).toEqual(['preflight', 'template-drift', 'access', 'add-ons-1.24', 'verify', 'commit-config']);
  });

  it('use a core group whose replacement an earlier run left', () => {
    const groups = [aGroup('core-a', '1.22'), aGroup('core-b', '1.23'), aGroup('nb', '1.22')];
    const plan = planOf(
      aRequest('1.23', { version: '1.23', groups, configGroups: [aConfigGroup('core-a'), aConfigGroup('nb')] }),
    );
    expect(plan.refusals).toEqual([]);
    expect(stepOf(plan, 'node-groups-1.23-delete-core')).toMatchObject({ groups: ['core-a'] });
    expect(stepOf(plan, 'node-groups-1.23-delete')).toMatchObject({ groups: ['nb'] });
    expect(stepOf(plan, 'verify')).toMatchObject({ nodeGroups: [{ name: 'core-b' }, { name: 'nb' }] });
  });

  it('never touch a group that only AWS or only the config has', () => {
    const groups = [aGroup('core-a', '1.22'), aGroup('old', '1.22')];
    const plan = planOf(aRequest('1.23', { groups, configGroups: [aConfigGroup('core-a'), aConfigGroup('new')] }));
    const touched = plan.steps.flatMap((step) => (step.phase === 'node-groups' ? step.groups : []));
    expect(touched).toEqual(['core-b', 'core-a']);
  });
});

describe('planUpgrade: nothing to do', () => {
  const there = { version: '1.24' as const };

  it('when control plane, groups and add-ons are at the target', () => {
    expect(planUpgrade(aRequest('1.24', there))).toEqual({ kind: 'nothing-to-do', version: '1.24', warnings: [] });
  });

  it('with a warning for a group that could not be checked', () => {
    const groups = [aGroup('core-a', '1.24'), unchecked('nb')];
    const planned = planUpgrade(aRequest('1.24', { ...there, groups }));
    expect(planned).toMatchObject({ kind: 'nothing-to-do', warnings: [{ id: 'could-not-check:nb' }] });
  });

  it('although EKS no longer offers the version', () => {
    expect(planUpgrade(aRequest('1.24', { ...there, offered: ['1.30'] })).kind).toBe('nothing-to-do');
  });

  it('with a warning when the config was never committed', () => {
    const groups = [aGroup('core-b', '1.24')];
    const planned = planUpgrade(
      aRequest('1.24', { ...there, groups, configGroups: [aConfigGroup('core-a')], config: { version: '1.22' } }),
    );
    expect(planned).toMatchObject({
      kind: 'nothing-to-do',
      warnings: [{ id: 'config-version-differs' }, { id: 'core-name-drift:core-a' }],
    });
  });

  it('is not said while the cluster is being updated', () => {
    const planned = planUpgrade(aRequest('1.24', { ...there, cluster: { status: 'UPDATING' } }));
    expect(planned).toMatchObject({ kind: 'plan', plan: { refusals: [{ id: 'update-in-flight' }] } });
  });

  it('is not said of an EKS add-on that is older than the default', () => {
    const addons = [eksAddon('coredns', 'v1.8.4-eksbuild.1', { '1.24': ['v1.8.7-eksbuild.3', 'v1.8.4-eksbuild.1'] })];
    expect(planUpgrade(aRequest('1.24', { ...there, addons })).kind).toBe('plan');
  });
});

describe('planUpgrade: the hash', () => {
  const hashOf = (request: PlanRequest): string => planOf(request).hash;
  const hash = hashOf(aRequest('1.24'));

  it('is the same for the same decision, whatever the time, the counts and the commit', () => {
    const nodes = nodesOf('core-a', 4, '1.22');
    const later = aRequest('1.24', {
      activity: { total: 9, byNamespace: { prod: 9 } },
      config: { commit: '0000000000000000000000000000000000000000' },
      groups: [aGroup('core-a', '1.22', { nodes }), aGroup('nb-small', '1.22'), aGroup('dask-worker', '1.22')],
    });
    expect(hashOf({ ...later, now: PLANNED_AT + 3_600_000 })).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, PlanRequest]>([
    ['the target', aRequest('1.23')],
    ['a group', aRequest('1.24', { groups: [aGroup('core-a', '1.22'), aGroup('nb-small', '1.22')] })],
    [
      'a pinned version',
      aRequest('1.24', { addons: [eksAddon('coredns', 'v1.8.0', { '1.23': ['v1.9.0'], '1.24': ['v1.9.0'] })] }),
    ],
    ['a warning', aRequest('1.24', { cluster: { healthIssues: ['x'] } })],
    ['a refusal', aRequest('1.24', { cluster: { status: 'UPDATING' } })],
  ])('changes with %s', (_, request) => {
    expect(hashOf(request)).not.toBe(hash);
  });
});
