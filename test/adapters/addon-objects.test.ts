import { describe, expect, test } from 'vitest';
import { keepable } from '#src/adapters/addon-objects.ts';

const SECRET_KEY = 'AKIAIOSFODNN7EXAMPLE';

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' };
const COREDNS = { name: 'coredns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };

describe('an object that is kept', () => {
  test('has no status and nothing that the API server or kubectl keep in it for themselves', () => {
    expect(
      keepable({
        ...CONFIG_MAP,
        metadata: {
          ...COREDNS,
          annotations: { mine: 'yes', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
          uid: '1',
          resourceVersion: '2',
          generation: 3,
          creationTimestamp: '2023-01-17T02:02:00Z',
          managedFields: [],
        },
        data: { Corefile: '.:53 {}' },
        status: {},
      }),
    ).toEqual({
      ...CONFIG_MAP,
      metadata: { ...COREDNS, annotations: { mine: 'yes' } },
      data: { Corefile: '.:53 {}' },
    });
  });

  test('has no secrets: by the name of a variable or key, and by their looks', () => {
    const kept = keepable({
      kind: 'DaemonSet',
      metadata: { name: 'aws-node' },
      data: {
        'api-key': 'hush',
        Corefile: `etcd {\n  credentials me hush\n}\nforward . ${SECRET_KEY}\n`,
      },
      spec: {
        env: [
          { name: 'PROXY_PASSWORD', value: 'hush' },
          { name: 'HTTPS_PROXY', value: 'https://me:hush@proxy.example' },
          { name: 'FROM', valueFrom: { secretKeyRef: { name: 'cni-token', key: 'password' } } },
          { name: 'WARM_ENI_TARGET', value: '1' },
        ],
        args: ['--enable-ipv6=false', '--api-token=hush'],
        volumes: [{ name: 'certs', secret: { secretName: 'tls' } }],
        automountServiceAccountToken: true,
      },
    });
    expect(JSON.stringify(kept)).not.toMatch(/hush|AKIA/);
    expect(kept).toMatchObject({
      data: {
        'api-key': '[secret]',
        Corefile: expect.stringMatching(/^etcd \{\n {2}credentials \[secret\]\n\}\nforward/),
      },
      spec: {
        args: ['--enable-ipv6=false', '--api-token=[secret]'],
        env: [
          { name: 'PROXY_PASSWORD', value: '[secret]' },
          { name: 'HTTPS_PROXY' },
          { valueFrom: { secretKeyRef: { name: 'cni-token', key: 'password' } } },
          { name: 'WARM_ENI_TARGET', value: '1' },
        ],
        volumes: [{ name: 'certs', secret: { secretName: 'tls' } }],
        automountServiceAccountToken: true,
      },
    });
  });
});
