import { describe, expect, it } from 'vitest';
import type { AddonObject } from '#src/domain/addon-settings.ts';
import type { JsonObject } from '#src/domain/json.ts';
import { lostInFull, lostInShort, lostSettings } from '#src/domain/lost-settings.ts';
import type { CoreAddon } from '#src/domain/observation.ts';
import {
  awsNodeManifests,
  corednsManifests,
  kubeProxyManifests,
  type Manifest,
} from '../simulators/addon-manifests.ts';

const REGISTRY = '602401143452.dkr.ecr.us-west-2.amazonaws.com';
const cni = (version: string, agent: string | null): Manifest[] =>
  awsNodeManifests({
    cni: `${REGISTRY}/amazon-k8s-cni:${version}`,
    init: `${REGISTRY}/amazon-k8s-cni-init:${version}`,
    agent,
  });

const UNTOUCHED: Record<CoreAddon, Manifest[]> = {
  'vpc-cni': cni('v1.23.0', `${REGISTRY}/amazon/aws-network-policy-agent:v1.4.1`),
  coredns: corednsManifests(`${REGISTRY}/eks/coredns:v1.11.4-eksbuild.48`),
  'kube-proxy': kubeProxyManifests(`${REGISTRY}/eks/kube-proxy:v1.32.0-eksbuild.2`),
};

/** The objects of an add-on as the API server gives them, after `edit` of the one of this kind. */
function objects(addon: CoreAddon, kind?: string, edit?: (object: JsonObject) => void): AddonObject[] {
  return UNTOUCHED[addon].map((manifest) => {
    const object = structuredClone(named(manifest));
    if (object['kind'] === kind) edit?.(object);
    return object;
  });
}

function named({ path, object }: Manifest): AddonObject {
  return { ...object, metadata: { ...(object['metadata'] as JsonObject), name: path.split('/').at(-1) ?? '' } };
}

function inside(object: JsonObject, ...path: string[]): JsonObject {
  return path.reduce((at, field) => {
    at[field] ??= {};
    return at[field] as JsonObject;
  }, object);
}

const pod = (object: JsonObject) => inside(object, 'spec', 'template', 'spec');
const first = (object: JsonObject) => (pod(object)['containers'] as JsonObject[])[0] as JsonObject;

describe('lostSettings', () => {
  it.each(['vpc-cni', 'coredns', 'kube-proxy'] as const)('finds nothing in %s as eksctl or EKS left it', (addon) => {
    expect(lostSettings(addon, objects(addon))).toEqual([]);
  });

  it('finds nothing in a CNI of 2022', () => {
    const old = cni('v1.11.4', null).map(named);
    expect(lostSettings('vpc-cni', old)).toEqual([]);
  });

  it.each<[CoreAddon, string, (object: JsonObject) => void, string]>([
    [
      'vpc-cni',
      'DaemonSet',
      (object) => (first(object)['env'] as JsonObject[]).push({ name: 'WARM_IP_TARGET', value: '5' }),
      'DaemonSet aws-node, env WARM_IP_TARGET of aws-node: 5 → gone',
    ],
    [
      'vpc-cni',
      'DaemonSet',
      (object) => {
        first(object)['env'] = [{ name: 'ENABLE_PREFIX_DELEGATION', value: 'true' }];
      },
      'DaemonSet aws-node, env ENABLE_PREFIX_DELEGATION of aws-node: true → false',
    ],
    [
      'vpc-cni',
      'DaemonSet',
      (object) => {
        const agent = (pod(object)['containers'] as JsonObject[])[1] as JsonObject;
        agent['args'] = ['--enable-network-policy=true'];
      },
      'DaemonSet aws-node, argument --enable-network-policy of aws-eks-nodeagent: true → false',
    ],
    [
      'vpc-cni',
      'ConfigMap',
      (object) => {
        object['data'] = { 'enable-network-policy-controller': 'true' };
      },
      'ConfigMap amazon-vpc-cni, enable-network-policy-controller: true → false',
    ],
    [
      'vpc-cni',
      'ClusterRole',
      (object) => (object['rules'] as JsonObject[]).push({ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }),
      'ClusterRole aws-node, right get secrets: yes → gone',
    ],
    [
      'coredns',
      'Deployment',
      (object) => {
        inside(object, 'spec')['replicas'] = 4;
      },
      'Deployment coredns, replicas: 4 → 2',
    ],
    [
      'coredns',
      'Deployment',
      (object) => (pod(object)['tolerations'] as JsonObject[]).push({ key: 'hub', operator: 'Exists' }),
      'Deployment coredns, tolerations: [{"effect":"NoSchedule","key":"node-role.kubernetes.io/control-plane"},{"key":"CriticalAddonsOnly","operator":"Exists"},{"key":"hub","operator":"Exists"}] → [{"effect":"NoSchedule","key":"node-role.kubernetes.io/control-plane"},{"key":"CriticalAddonsOnly","operator":"Exists"}]',
    ],
    [
      'coredns',
      'Deployment',
      (object) => {
        first(object)['resources'] = { limits: { memory: '512Mi' } };
      },
      'Deployment coredns, resources of coredns: {"limits":{"memory":"512Mi"}} → {"limits":{"memory":"170Mi"},"requests":{"cpu":"100m","memory":"70Mi"}}',
    ],
    [
      'coredns',
      'Deployment',
      (object) => {
        pod(object)['nodeSelector'] = { pool: 'core' };
      },
      'Deployment coredns, node selector: {"pool":"core"} → {}',
    ],
    [
      'coredns',
      'ServiceAccount',
      (object) => {
        inside(object, 'metadata', 'annotations')['eks.amazonaws.com/role-arn'] = 'arn:aws:iam::111122223333:role/dns';
      },
      'ServiceAccount coredns, annotation eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/dns → gone',
    ],
    [
      'coredns',
      'Service',
      (object) => {
        inside(object, 'spec')['internalTrafficPolicy'] = 'Local';
      },
      'Service kube-dns, internal traffic policy: Local → Cluster',
    ],
  ])('in %s, %s: finds what was set by hand (%#)', (addon, kind, edit, line) => {
    expect(lostInFull(lostSettings(addon, objects(addon, kind, edit)))).toEqual([line]);
  });

  it('shows a Corefile by the lines that go and come', () => {
    const own = objects('coredns', 'ConfigMap', (object) => {
      const { Corefile } = object['data'] as { Corefile: string };
      object['data'] = {
        Corefile: `${Corefile.replace('cache 30', 'cache 300')}corp.example:53 {\n  forward . 10.0.0.2\n}\n`,
      };
    });
    expect(lostInFull(lostSettings('coredns', own))).toEqual([
      'ConfigMap coredns, Corefile:',
      '- cache 300',
      '- corp.example:53 {',
      '- forward . 10.0.0.2',
      '+ cache 30',
    ]);
  });

  it('takes no offence at another indentation of the Corefile', () => {
    const indented = objects('coredns', 'ConfigMap', (object) => {
      const { Corefile } = object['data'] as { Corefile: string };
      object['data'] = { Corefile: `\n${Corefile.replaceAll(/^ +/gm, '\t')}\n\n` };
    });
    expect(lostSettings('coredns', indented)).toEqual([]);
  });

  it('has nothing to lose in kube-proxy, of which eksctl changes the tag alone', () => {
    const own = objects('kube-proxy', 'DaemonSet', (object) => {
      first(object)['env'] = [{ name: 'MINE', value: '1' }];
      pod(object)['tolerations'] = [];
    });
    expect(lostSettings('kube-proxy', own)).toEqual([]);
  });
});

describe('lostInShort', () => {
  const of = (setting: string, now = 'a long value that nobody wants on a card', after: string | null = null) => {
    return { object: 'Deployment coredns', setting, now, after };
  };
  it.each([
    [[of('Corefile')], 'Corefile'],
    [[of('Corefile'), of('replicas', '4', '2')], 'Corefile and replicas (4 → 2)'],
    [['a', 'b', 'c', 'd', 'e', 'f'].map((name) => of(name)), 'a, b, c, d and 2 more'],
  ])('%#: %o', (lost, text) => {
    expect(lostInShort(lost)).toBe(text);
  });
});

describe('lostInFull', () => {
  it('stays readable, however large a ConfigMap is', () => {
    const now = Array.from({ length: 5000 }, (_, line) => `10.0.0.1 host-${line} ${'x'.repeat(1000)}`).join('\n');
    const lines = lostInFull([{ object: 'ConfigMap coredns', setting: 'hosts', now, after: null }]);
    expect(lines).toHaveLength(201);
    expect(lines.at(-1)).toBe('… and 4801 more lines');
    expect(Math.max(...lines.map(({ length }) => length))).toBe(501);
  });
});
