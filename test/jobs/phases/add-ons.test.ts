import { beforeEach, describe, expect, it } from 'vitest';
import { requestToken } from '#jobs/phase.ts';
import { runPhase } from '#jobs/phases.ts';
import { ADDON_DEFAULTS } from '#src/domain/addon-defaults.ts';
import type { AddonAction } from '#src/domain/plan.ts';
import type { CommandOutcome, OverwriteChoice } from '#src/domain/run.ts';
import type { KubernetesVersion } from '#src/domain/version.ts';
import { aPlan, inOrder } from '#test/support/builders.ts';
import { aWorkload } from '#test/support/fakes/fake-cloud.ts';
import { type FakeWorld, fakeWorld } from '#test/support/fakes/fake-worker-deps.ts';
import { contextFor, endedCommand } from '#test/support/fakes/phase-context.ts';

const STEP = 'add-ons';
const stepWith = (addons: AddonAction[], version: KubernetesVersion = '1.23') =>
  aPlan({ steps: inOrder([{ id: STEP, phase: 'add-ons', version, addons, expectedMinutes: 4 }]) });
const exited = (code: number, lastLines = ''): CommandOutcome => ({ kind: 'exited', code, lastLines });
const PROXY = ['utils', 'update-kube-proxy', '--approve'];
const AWS_NODE = ['utils', 'update-aws-node', '--approve'];
const COREDNS = ['utils', 'update-coredns', '--approve'];

const TODAYS_COREFILE = ADDON_DEFAULTS.coredns['ConfigMap coredns']?.Corefile?.at(-1) ?? '';
const aConfigMap = (Corefile: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'coredns', namespace: 'kube-system' },
  data: { Corefile },
});

describe('the add-ons phase', () => {
  let world: FakeWorld;
  beforeEach(() => {
    world = fakeWorld();
  });

  it('skips by name what the plan skips', async () => {
    const plan = stepWith([
      { kind: 'skip', name: 'coredns', why: 'absent' },
      { kind: 'skip', name: 'kube-proxy', why: 'auto-mode' },
    ]);
    expect(await runPhase(contextFor(world, STEP, { plan }))).toEqual({
      kind: 'done',
      evidence: ['coredns skipped: absent', 'kube-proxy skipped: auto-mode'],
      notes: [],
    });
  });

  describe('with an add-on that EKS manages', () => {
    const plan = stepWith([{ kind: 'eks', name: 'vpc-cni', from: 'v1.11.4-eksbuild.1', to: 'v1.12.0-eksbuild.1' }]);
    const key = 'update:vpc-cni:v1.12.0-eksbuild.1';
    const shown = (version: string, status = 'ACTIVE') => {
      world.cloud.addons = [
        {
          name: 'vpc-cni',
          version,
          status,
          healthIssues: [{ code: 'InsufficientNumberOfReplicas', message: 'no replica is up' }],
        },
      ];
    };

    it('is done already when EKS shows the pinned version ACTIVE', async () => {
      shown('v1.12.0-eksbuild.1');
      expect(await runPhase(contextFor(world, STEP, { plan }))).toMatchObject({
        kind: 'done',
        evidence: ['EKS shows vpc-cni ACTIVE at v1.12.0-eksbuild.1'],
      });
      expect(world.cloud.calls).toEqual([]);
    });

    it('updates to exactly the version pinned in the plan', async () => {
      shown('v1.11.4-eksbuild.1');
      const context = contextFor(world, STEP, { plan });
      expect(await runPhase(context)).toMatchObject({ kind: 'wait', memory: { [key]: 'update-1' } });
      expect(world.cloud.calls).toEqual([
        {
          call: 'updateAddon',
          request: {
            cluster: 'coast',
            addon: 'vpc-cni',
            version: 'v1.12.0-eksbuild.1',
            token: requestToken(context, key),
          },
        },
      ]);
    });

    const ended = (code: string, message: string, status: 'Failed' | 'Successful' = 'Failed') => {
      const errors = [{ code, message, resources: [] }];
      world.cloud.updates = [{ id: 'u', type: 'AddonUpdate', status, version: null, createdAt: null, errors }];
      return { plan, progress: { memory: { [key]: 'u' } } };
    };

    it('says why an update failed', async () => {
      shown('v1.11.4-eksbuild.1');
      const failedUpdate = ended('InsufficientNumberOfReplicas', 'no replica is up');
      expect(await runPhase(contextFor(world, STEP, failedUpdate))).toMatchObject({
        kind: 'failed',
        failure: { code: 'AddonUpdateFailed', message: expect.stringContaining('too few replicas running') },
      });
    });

    describe('and fields that somebody changed by hand', () => {
      const field = 'DaemonSet.apps aws-node - .spec.template.spec.containers[name="aws-node"].env[name="X"].value';
      const words = `Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\n${field}`;
      const choice = {
        kind: 'overwrite-add-on' as const,
        addon: 'vpc-cni',
        version: 'v1.12.0-eksbuild.1',
        fields: [field],
      };
      const stoppedFor = (overwrite: OverwriteChoice | undefined) =>
        contextFor(world, STEP, {
          plan,
          stops: [
            {
              at: 1,
              cause: {
                kind: 'step-failed',
                stepId: STEP,
                failure: { code: 'AddonConflict', message: '', remedy: '', detail: null, choice },
              },
              resolution: { kind: 'retried', by: 'U0SAM', at: 2, ...(overwrite === undefined ? {} : { overwrite }) },
            },
          ],
        });
      const asked = () => world.cloud.calls.map(({ request }) => 'overwrite' in (request as object));

      it('stops with the fields EKS names, and the choice to have them overwritten', async () => {
        shown('v1.11.4-eksbuild.1', 'UPDATE_FAILED');
        expect(await runPhase(contextFor(world, STEP, ended('ConfigurationConflict', words)))).toMatchObject({
          kind: 'failed',
          failure: {
            code: 'AddonConflict',
            message: expect.stringContaining('changed by hand'),
            detail: `${field}\n# update u`,
            choice,
          },
        });
      });

      it('overwrites them in the one update a person allowed it for', async () => {
        shown('v1.11.4-eksbuild.1', 'UPDATE_FAILED');
        expect(await runPhase(stoppedFor(choice))).toMatchObject({ kind: 'wait' });
        expect(asked()).toEqual([true]);
      });

      it.each([
        ['after a Retry', undefined],
        ['of another version', { ...choice, version: 'v1.11.9-eksbuild.1' }],
        ['of another add-on', { ...choice, addon: 'coredns' }],
      ])('keeps them %s', async (_, overwrite) => {
        shown('v1.11.4-eksbuild.1', 'UPDATE_FAILED');
        await runPhase(stoppedFor(overwrite));
        expect(asked()).toEqual([false]);
      });
    });

    it('fails when EKS no longer manages it', async () => {
      expect(await runPhase(contextFor(world, STEP, { plan }))).toMatchObject({
        kind: 'failed',
        failure: { code: 'AddonGone' },
      });
    });

    it('does not wait for ever for an add-on that is DEGRADED after its update was successful', async () => {
      shown('v1.12.0-eksbuild.1', 'DEGRADED');
      world.cloud.updates = [
        { id: 'u', type: 'AddonUpdate', status: 'Successful', version: null, createdAt: null, errors: [] },
      ];
      const first = contextFor(world, STEP, { plan, progress: { memory: { [key]: 'u' } } });
      const settled = await runPhase(first);
      expect(settled).toMatchObject({
        kind: 'wait',
        for: 'vpc-cni to be ACTIVE at v1.12.0-eksbuild.1 (EKS shows it DEGRADED)',
      });
      const waiting = { for: settled.kind === 'wait' ? settled.for : '', since: first.now };
      const later = contextFor(world, STEP, { plan, progress: { memory: { [key]: 'u' }, waiting } });
      expect(await runPhase({ ...later, now: first.now + 16 * 60_000 })).toMatchObject({
        kind: 'failed',
        failure: { code: 'AddonNotHealthy', detail: 'InsufficientNumberOfReplicas: no replica is up' },
      });
    });
  });

  describe('with an add-on that nobody manages', () => {
    const proxy = stepWith([{ kind: 'eksctl', name: 'kube-proxy' }]);
    const coredns = stepWith([{ kind: 'eksctl', name: 'coredns' }]);
    const cni = stepWith([{ kind: 'eksctl', name: 'vpc-cni' }]);
    const imageBefore = (addon: 'kube-proxy' | 'vpc-cni' | 'coredns', image: string) => ({
      memory: { [`before:${addon}`]: image },
    });
    const OLD_PROXY = aWorkload('eks/kube-proxy:v1.22.6-eksbuild.1').image;
    const NEW_PROXY = aWorkload('eks/kube-proxy:v1.23.8-eksbuild.2');

    it('writes down the image it sees before it asks eksctl', async () => {
      expect(await runPhase(contextFor(world, STEP, { plan: proxy }))).toMatchObject({
        kind: 'command',
        args: PROXY,
        memory: { 'before:kube-proxy': OLD_PROXY },
      });
    });

    it('saves the objects with the command, before eksctl replaces them', async () => {
      world.cloud.addonObjects.coredns = [aConfigMap('.:53 {\nforward . /etc/resolv.conf\n}')];
      expect(await runPhase(contextFor(world, STEP, { plan: coredns }))).toMatchObject({ kind: 'failed' });
      world.cloud.addonObjects.coredns = [aConfigMap(TODAYS_COREFILE)];
      expect(await runPhase(contextFor(world, STEP, { plan: coredns }))).toMatchObject({
        kind: 'command',
        args: COREDNS,
        saves: { addon: 'coredns', objects: [aConfigMap(TODAYS_COREFILE)] },
      });
    });

    it('does not overwrite what somebody set since the plan was made, and shows it', async () => {
      world.cloud.addonObjects.coredns = [aConfigMap(`${TODAYS_COREFILE}\ncorp.example:53 {\nforward . 10.0.0.2\n}`)];
      expect(await runPhase(contextFor(world, STEP, { plan: coredns }))).toMatchObject({
        kind: 'failed',
        failure: {
          code: 'AddonSettingsWouldBeLost',
          message: 'coredns has settings that eksctl would overwrite, and that the plan did not know: Corefile',
          detail: 'ConfigMap coredns, Corefile:\n- corp.example:53 {\n- forward . 10.0.0.2',
        },
      });
    });

    it('overwrites it all the same where the fleet file allows that, and says where it is saved', async () => {
      world.cloud.addonObjects.coredns = [aConfigMap('mine')];
      const context = contextFor(world, STEP, { plan: coredns });
      const allowed = { ...context, cluster: { ...context.cluster, overwriteAddons: true } };
      expect(await runPhase(allowed)).toMatchObject({
        kind: 'command',
        saves: { addon: 'coredns', objects: [aConfigMap('mine')] },
        notes: ['coredns: the objects as they were are saved, "npm run ops -- saved-addons coast" prints them'],
      });
    });

    it('refuses to have replaced what is too large to be saved', async () => {
      const context = contextFor(world, STEP, { plan: coredns });
      const allowed = { ...context, cluster: { ...context.cluster, overwriteAddons: true } };
      world.cloud.addonObjects.coredns = [aConfigMap('x'.repeat(300_000))];
      expect(await runPhase(allowed)).toMatchObject({ kind: 'failed', failure: { code: 'AddonTooLargeToSave' } });
    });

    it('is done when the rollout with the new image is complete', async () => {
      world.cloud.workloads['kube-proxy'] = NEW_PROXY;
      const command = endedCommand(STEP, PROXY, exited(0));
      expect(
        await runPhase(
          contextFor(world, STEP, { plan: proxy, command, progress: imageBefore('kube-proxy', OLD_PROXY) }),
        ),
      ).toMatchObject({
        kind: 'done',
        evidence: ['DaemonSet of kube-proxy rolled out at v1.23.8-eksbuild.2'],
      });
    });

    it('waits for the rollout, and fails after 15 minutes with what the pods say', async () => {
      world.cloud.workloads['kube-proxy'] = {
        ...NEW_PROXY,
        rolledOut: false,
        progress: '1 of 2 pods updated',
        podProblems: ['CrashLoopBackOff'],
      };
      const context = contextFor(world, STEP, {
        plan: proxy,
        command: endedCommand(STEP, PROXY, exited(0), { at: world.clock.now() }),
        progress: imageBefore('kube-proxy', OLD_PROXY),
      });
      expect(await runPhase(context)).toMatchObject({
        kind: 'wait',
        for: 'the rollout of kube-proxy: 1 of 2 pods updated',
      });
      expect(await runPhase({ ...context, now: context.now + 16 * 60_000 })).toMatchObject({
        kind: 'failed',
        failure: { code: 'RolloutStuck', detail: 'CrashLoopBackOff' },
      });
    });

    it.each(['already', 'now'])(
      'takes "%s up-to-date" with exit code 1 for what it says when the rollout is complete',
      async (word) => {
        const { image } = aWorkload('eks/coredns:v1.8.7-eksbuild.1');
        const command = endedCommand(STEP, COREDNS, exited(1, `"coredns" is ${word} up-to-date`));
        expect(
          await runPhase(contextFor(world, STEP, { plan: coredns, command, progress: imageBefore('coredns', image) })),
        ).toMatchObject({
          kind: 'done',
          evidence: ['Deployment of coredns unchanged at v1.8.7-eksbuild.1, rolled out'],
        });
      },
    );

    it('fails when eksctl exited 1 and nothing changed', async () => {
      const { image } = aWorkload('eks/coredns:v1.8.7-eksbuild.1');
      const command = endedCommand(STEP, COREDNS, exited(1, 'Error: no such host'));
      expect(
        await runPhase(contextFor(world, STEP, { plan: coredns, command, progress: imageBefore('coredns', image) })),
      ).toMatchObject({
        kind: 'failed',
        failure: {
          code: 'AddonNotUpdated',
          message: 'eksctl ended with exit code 1, and coredns is still at v1.8.7-eksbuild.1',
          detail: 'Error: no such host',
        },
      });
    });

    it('fails for a kube-proxy of another minor although eksctl exited 0', async () => {
      const command = endedCommand(STEP, PROXY, exited(0, 'up-to-date'));
      expect(
        await runPhase(
          contextFor(world, STEP, { plan: proxy, command, progress: imageBefore('kube-proxy', OLD_PROXY) }),
        ),
      ).toMatchObject({
        kind: 'failed',
        failure: {
          code: 'AddonNotUpdated',
          message: 'eksctl ended with exit code 0, and kube-proxy is still at v1.22.6-eksbuild.1',
        },
      });
    });

    it('does not say "still" of a kube-proxy that changed to another wrong minor', async () => {
      world.cloud.workloads['kube-proxy'] = aWorkload('eks/kube-proxy:v1.25.1-eksbuild.1');
      const command = endedCommand(STEP, PROXY, exited(0));
      expect(
        await runPhase(
          contextFor(world, STEP, { plan: proxy, command, progress: imageBefore('kube-proxy', OLD_PROXY) }),
        ),
      ).toMatchObject({
        kind: 'failed',
        failure: { message: 'eksctl ended with exit code 0, and kube-proxy is at v1.25.1-eksbuild.1, not of 1.23' },
      });
    });

    it('patches runAsNonRoot out of aws-node once, with a note, then waits for the rollout', async () => {
      const problem = 'CreateContainerConfigError: container has runAsNonRoot and image will run as root';
      world.cloud.workloads['vpc-cni'] = {
        ...aWorkload('amazon-k8s-cni:v1.12.0'),
        rolledOut: false,
        podProblems: [problem],
      };
      const command = endedCommand(STEP, AWS_NODE, exited(0), { at: world.clock.now() });
      const progress = imageBefore('vpc-cni', aWorkload('amazon-k8s-cni:v1.11.4').image);
      const context = contextFor(world, STEP, { plan: cni, command, progress });
      const patched = await runPhase(context);
      expect(patched).toMatchObject({
        kind: 'wait',
        memory: { patched: 'yes' },
        notes: [expect.stringContaining('eksctl issue 6048')],
      });
      expect(context.confirmed.times).toBe(1);
      const memory = { ...progress.memory, patched: 'yes' };
      expect(await runPhase(contextFor(world, STEP, { plan: cni, command, progress: { memory } }))).toMatchObject({
        kind: 'wait',
      });
      expect(world.cloud.calls).toHaveLength(1);
    });

    it.each([
      ['1.22', 'done'],
      ['1.23', 'wait'],
    ] as const)('with a kube-proxy image that cannot be pulled at %s: %s', async (version, kind) => {
      world.cloud.workloads['kube-proxy'] = {
        ...aWorkload(`eks/kube-proxy:v${version}.11-eksbuild.2`),
        rolledOut: false,
        podProblems: ['ImagePullBackOff'],
      };
      const command = endedCommand(STEP, PROXY, exited(0), { at: world.clock.now() });
      const progress = imageBefore('kube-proxy', aWorkload('eks/kube-proxy:v1.21.2-eksbuild.2').image);
      const result = await runPhase(
        contextFor(world, STEP, {
          plan: stepWith([{ kind: 'eksctl', name: 'kube-proxy' }], version),
          command,
          progress,
        }),
      );
      expect(result.kind).toBe(kind);
      const said = JSON.stringify(result).includes('Below 1.23 that is known and harmless');
      expect(said).toBe(kind === 'done');
    });

    it.each(['lost', 'killed'] as const)(
      'asks a %s command again and keeps the image from before the first',
      async (kind) => {
        world.cloud.workloads['kube-proxy'] = NEW_PROXY;
        const command = endedCommand(STEP, PROXY, kind === 'lost' ? { kind } : { kind, lastLines: '' });
        const result = await runPhase(
          contextFor(world, STEP, { plan: proxy, command, progress: imageBefore('kube-proxy', OLD_PROXY) }),
        );
        expect(result).toMatchObject({ kind: 'command', args: PROXY, memory: { 'before:kube-proxy': OLD_PROXY } });
      },
    );

    it('skips by name one that has gone since the plan', async () => {
      world.cloud.workloads.coredns = null;
      expect(await runPhase(contextFor(world, STEP, { plan: coredns }))).toMatchObject({
        kind: 'done',
        evidence: ['coredns skipped: absent'],
      });
    });

    it('keeps what was seen of those before', async () => {
      world.cloud.workloads['kube-proxy'] = NEW_PROXY;
      const plan = stepWith([
        { kind: 'eksctl', name: 'kube-proxy' },
        { kind: 'eksctl', name: 'coredns' },
      ]);
      const command = endedCommand(STEP, PROXY, exited(0));
      const next = await runPhase(
        contextFor(world, STEP, { plan, command, progress: imageBefore('kube-proxy', OLD_PROXY) }),
      );
      expect(next).toMatchObject({
        kind: 'command',
        args: COREDNS,
        memory: { 'seen:0': 'DaemonSet of kube-proxy rolled out at v1.23.8-eksbuild.2' },
      });
    });
  });

  describe('with several add-ons', () => {
    const OLD_CNI = aWorkload('amazon-k8s-cni:v1.11.4').image;
    const NEW_CNI = aWorkload('amazon-k8s-cni:v1.12.0');
    const rolling = { ...NEW_CNI, rolledOut: false, progress: '1 of 2 pods updated' };
    const selfManaged = stepWith([
      { kind: 'eksctl', name: 'vpc-cni' },
      { kind: 'eksctl', name: 'coredns' },
      { kind: 'eksctl', name: 'kube-proxy' },
    ]);
    const replaced = { 'before:vpc-cni': OLD_CNI, 'replaced:vpc-cni': '0' };

    it('has eksctl replace the next one while Kubernetes rolls out the one before', async () => {
      world.cloud.workloads['vpc-cni'] = rolling;
      const command = endedCommand(STEP, AWS_NODE, exited(0), { at: world.clock.now() });
      const memory = { 'before:vpc-cni': OLD_CNI };
      const next = await runPhase(contextFor(world, STEP, { plan: selfManaged, command, progress: { memory } }));
      expect(next).toMatchObject({
        kind: 'command',
        args: COREDNS,
        memory: { 'replaced:vpc-cni': String(world.clock.now()) },
      });
    });

    it('does not replace kube-proxy while another one is rolled out', async () => {
      world.cloud.workloads['vpc-cni'] = rolling;
      const now = world.clock.now();
      const memory = { ...replaced, 'replaced:vpc-cni': String(now), 'seen:1': 'coredns rolled out' };
      const command = endedCommand(STEP, COREDNS, exited(0));
      const next = await runPhase(contextFor(world, STEP, { plan: selfManaged, command, progress: { memory } }));
      expect(next).toMatchObject({ kind: 'wait', for: 'the rollout of vpc-cni: 1 of 2 pods updated' });
    });

    it('sees the end of a rollout that went on under the next command', async () => {
      world.cloud.workloads['vpc-cni'] = NEW_CNI;
      const command = endedCommand(STEP, COREDNS, exited(0));
      const memory = { ...replaced, 'before:coredns': aWorkload('eks/coredns:v1.8.4-eksbuild.1').image };
      const next = await runPhase(contextFor(world, STEP, { plan: selfManaged, command, progress: { memory } }));
      expect(next).toMatchObject({
        kind: 'command',
        args: PROXY,
        memory: { 'seen:0': 'DaemonSet of vpc-cni rolled out at v1.12.0' },
      });
    });

    it('starts the updates of those that EKS manages together, kube-proxy after them', async () => {
      world.cloud.addons = ['vpc-cni', 'coredns', 'kube-proxy'].map((name) => {
        return { name, version: 'v1.0.0', status: 'ACTIVE', healthIssues: [] };
      });
      const plan = stepWith(
        ['vpc-cni', 'coredns', 'kube-proxy'].map((name) => ({ kind: 'eks', name, from: 'v1.0.0', to: 'v1.1.0' })),
      );
      expect(await runPhase(contextFor(world, STEP, { plan }))).toMatchObject({ kind: 'wait' });
      expect(world.cloud.calls.map(({ request }) => (request as { addon: string }).addon)).toEqual([
        'vpc-cni',
        'coredns',
      ]);
    });

    it('does not keep the others waiting for one that takes two versions, kube-proxy excepted', async () => {
      world.cloud.addons = ['vpc-cni', 'coredns', 'kube-proxy'].map((name) => {
        return { name, version: 'v1.0.0', status: 'ACTIVE', healthIssues: [] };
      });
      const move = (name: string, from: string, to: string) => ({ kind: 'eks' as const, name, from, to });
      const plan = stepWith([
        move('vpc-cni', 'v1.0.0', 'v1.1.0'),
        move('vpc-cni', 'v1.1.0', 'v1.2.0'),
        move('coredns', 'v1.0.0', 'v1.1.0'),
        move('kube-proxy', 'v1.0.0', 'v1.1.0'),
      ]);
      expect(await runPhase(contextFor(world, STEP, { plan }))).toMatchObject({ kind: 'wait' });
      const asked = world.cloud.calls.map(({ request }) => request as { addon: string; version: string });
      expect(asked.map(({ addon, version }) => `${addon} ${version}`)).toEqual(['vpc-cni v1.1.0', 'coredns v1.1.0']);
    });

    it('moves one that takes two versions through both, one after the other', async () => {
      world.cloud.addons = [{ name: 'vpc-cni', version: 'v1.0.0', status: 'ACTIVE', healthIssues: [] }];
      const plan = stepWith([
        { kind: 'eks', name: 'vpc-cni', from: 'v1.0.0', to: 'v1.1.0' },
        { kind: 'eks', name: 'vpc-cni', from: 'v1.1.0', to: 'v1.2.0' },
      ]);
      expect(await runPhase(contextFor(world, STEP, { plan }))).toMatchObject({ kind: 'wait' });
      expect(world.cloud.calls).toHaveLength(1);
    });
  });
});
