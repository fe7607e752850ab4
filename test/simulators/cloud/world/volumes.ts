import { listAt, textAt } from '../json.ts';
import { isCoreNode } from './instances.ts';
import { putObject } from './objects.ts';
import type { Cluster } from './world.ts';

const EBS = 'ebs.csi.aws.com';

/**
 * The volumes of a hub and of Prometheus, in one zone each as EBS volumes are: one by the driver of today
 * (https://github.com/kubernetes-sigs/aws-ebs-csi-driver), one by that which came with Kubernetes, with the labels of then
 * (https://kubernetes.io/docs/reference/labels-annotations-taints/#failure-domainbetakubernetesiozone).
 */
export function seedVolumes(cluster: Cluster, { zone, then }: { zone: string | undefined; then: number }): void {
  const core = cluster.instances.filter(isCoreNode);
  const where = zone === undefined ? (core[0] ?? cluster.instances[0])?.zone : `${cluster.region}${zone}`;
  if (where === undefined) return;
  const bound = (namespace: string, claim: string, volume: string): void => {
    putObject(
      cluster,
      `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claim}`,
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {},
        spec: { accessModes: ['ReadWriteOnce'], volumeName: volume, resources: { requests: { storage: '1Gi' } } },
      },
      then,
    );
  };
  const affinity = (key: string) => ({
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [where] }] }] },
  });
  bound('prod', 'hub-db-dir', 'pvc-hub');
  putObject(
    cluster,
    '/api/v1/persistentvolumes/pvc-hub',
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: {},
      spec: { csi: { driver: EBS }, nodeAffinity: affinity('topology.kubernetes.io/zone') },
    },
    then,
  );
  bound('support', 'prometheus-data', 'pvc-prometheus');
  putObject(
    cluster,
    '/api/v1/persistentvolumes/pvc-prometheus',
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { labels: { 'failure-domain.beta.kubernetes.io/zone': where } },
      spec: {
        awsElasticBlockStore: { volumeID: `aws://${where}/vol-0prometheus` },
        nodeAffinity: affinity('failure-domain.beta.kubernetes.io/zone'),
      },
    },
    then,
  );
}

/** Where the volumes of these claims (`namespace/name`) are; null: none of them is bound to one. */
export function zoneOfClaims(cluster: Cluster, claims: string[]): string | null {
  for (const claim of claims) {
    const [namespace, name] = claim.split('/');
    const object = cluster.objects.get(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`);
    const volume = cluster.objects.get(`/api/v1/persistentvolumes/${textAt(object, 'spec', 'volumeName') ?? ''}`);
    const [term] = listAt(volume, 'spec', 'nodeAffinity', 'required', 'nodeSelectorTerms');
    const [expression] = listAt(term, 'matchExpressions');
    const [zone] = listAt(expression, 'values');
    if (typeof zone === 'string') return zone;
  }
  return null;
}
