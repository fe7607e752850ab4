import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/**
 * RBAC as the API server evaluates it: rules only add up, `resources` name a subresource as `pods/eviction`, a rule with
 * `resourceNames` never matches `create` or `list` (they have no name).
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
const rule = z.object({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
  resourceNames: z.array(z.string()).optional(),
});

const subject = z.object({ kind: z.literal('Group'), name: z.string() });

const manifest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['ClusterRole', 'Role']),
    metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
    rules: z.array(rule),
  }),
  z.object({
    kind: z.enum(['ClusterRoleBinding', 'RoleBinding']),
    metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
    roleRef: z.object({ kind: z.enum(['ClusterRole', 'Role']), name: z.string() }),
    subjects: z.array(subject),
  }),
]);

export type RbacRule = z.output<typeof rule>;

/** A rule for a group; `namespace` null: everywhere. */
type Grant = RbacRule & { toGroup: string; namespace: string | null };

export type Rbac = readonly Grant[];

export type KubernetesWish = {
  verb: string;
  group: string;
  resource: string;
  subresource: string | null;
  namespace: string | null;
  name: string | null;
};

/** The manifests of a YAML text as what they grant. Throws for what `kubectl apply` would take and this does not know. */
export function readRbac(yaml: string): Rbac {
  const manifests = parseAllDocuments(yaml).map((document) => manifest.parse(document.toJS()));
  return manifests.flatMap((binding) => {
    if ('rules' in binding) return [];
    const { roleRef, subjects } = binding;
    const namespace = binding.kind === 'RoleBinding' ? (binding.metadata.namespace ?? 'default') : null;
    const role = manifests.find(
      (candidate) =>
        candidate.kind === roleRef.kind &&
        candidate.metadata.name === roleRef.name &&
        (candidate.kind === 'ClusterRole' || candidate.metadata.namespace === namespace),
    );
    if (role === undefined || !('rules' in role))
      throw new Error(`no ${roleRef.kind} ${roleRef.name} for the binding ${binding.metadata.name}`);
    return subjects.flatMap(({ name }) => role.rules.map((each) => ({ ...each, toGroup: name, namespace })));
  });
}

export function mayInCluster(rbac: Rbac, groups: readonly string[], wish: KubernetesWish): boolean {
  const resource = wish.subresource === null ? wish.resource : `${wish.resource}/${wish.subresource}`;
  return rbac.some(
    (grant) =>
      groups.includes(grant.toGroup) &&
      (grant.namespace === null || grant.namespace === wish.namespace) &&
      grant.verbs.includes(wish.verb) &&
      grant.apiGroups.includes(wish.group) &&
      grant.resources.includes(resource) &&
      (grant.resourceNames === undefined || (wish.name !== null && grant.resourceNames.includes(wish.name))),
  );
}
