import { type Document, isSeq, parseDocument, type YAMLSeq } from 'yaml';
import { messageOf, UserError } from '#src/domain/errors.ts';
import type { MappedRole, PrincipalMapping } from '#src/ports/kubernetes.ts';

/** As eksctl maps the role of a node group: pkg/authconfigmap/authconfigmap.go, `AddNodeGroup`. */
const USERNAME = 'system:node:{{EC2PrivateDNSName}}';
const GROUPS = ['system:bootstrappers', 'system:nodes'];

type Entry = { rolearn?: unknown; userarn?: unknown; groups?: unknown };

/** The two lists of aws-auth, as YAML. */
type Mappings = { mapRoles?: string; mapUsers?: string };

/** The groups of a role or user; null: it is not mapped. Throws UserError for what is no list in YAML. */
export function groupsOf({ mapRoles = '', mapUsers = '' }: Mappings, arn: string): string[] | null {
  const entries = [...entriesOf(mapRoles), ...entriesOf(mapUsers)];
  const entry = entries.findLast(({ rolearn, userarn }) => rolearn === arn || userarn === arn);
  if (entry === undefined) return null;
  return Array.isArray(entry.groups) ? entry.groups.map(String) : [];
}

/** With one more role or user, everything else and every comment as it was. Throws UserError for what is no list in YAML. */
export function withPrincipal(data: Mappings, { arn, username, groups }: PrincipalMapping): Mappings {
  const isRole = /:role\//.test(arn);
  const list = isRole ? 'mapRoles' : 'mapUsers';
  return { ...data, [list]: withEntry(data[list] ?? '', { [isRole ? 'rolearn' : 'userarn']: arn, username, groups }) };
}

function withEntry(text: string, entry: object): string {
  const { document, list } = listIn(text);
  list.add(document.createNode(entry));
  return document.toString({ lineWidth: 0 });
}

/**
 * The roles in `mapRoles` of the ConfigMap aws-auth, each once: of several entries of a role the authenticator takes the
 * last (aws-iam-authenticator, pkg/mapper/configmap/configmap.go, `saveMap`). Throws UserError for what is no list in YAML.
 */
export function rolesIn(mapRoles: string): MappedRole[] {
  const roles = new Map(
    entriesOf(mapRoles).flatMap((entry) => {
      const { rolearn: arn } = entry;
      return typeof arn === 'string' ? [[arn, { arn, letsNodesIn: letsNodesIn(entry) }] as const] : [];
    }),
  );
  return [...roles.values()];
}

/** Without these groups a kubelet may neither ask for a certificate nor register its node. */
function letsNodesIn({ groups }: Entry): boolean {
  return Array.isArray(groups) && GROUPS.every((group) => groups.includes(group));
}

/**
 * `mapRoles` with these roles of nodes added and taken away, everything else and every comment as it was: whoever cannot
 * be read from it any more is locked out of the cluster. A role that stands there without the groups of nodes gets them.
 * Throws UserError for what is no list in YAML.
 */
export function withNodeRoles(mapRoles: string, { add, remove }: { add: string[]; remove: string[] }): string {
  const roles = rolesIn(mapRoles);
  const missing = add.filter((role) => !roles.some(({ arn, letsNodesIn: isWhole }) => arn === role && isWhole));
  if (missing.length === 0 && !roles.some(({ arn }) => remove.includes(arn))) return mapRoles;
  const entries = entriesOf(mapRoles);
  const { document, list } = listIn(mapRoles);
  for (const rolearn of missing) {
    const at = entries.findLastIndex((entry) => entry.rolearn === rolearn);
    if (at === -1) list.add(document.createNode({ rolearn, username: USERNAME, groups: GROUPS }));
    else complete(document, { at, entry: entries[at] });
  }
  list.items = list.items.filter((_, index) => !remove.includes(String(entries[index]?.rolearn)));
  return document.toString({ lineWidth: 0 });
}

/** The groups it has stay: only what lets nodes in is added, and the user name by which a kubelet is a node. */
function complete(document: Document, { at, entry }: { at: number; entry: Entry | undefined }): void {
  const groups: unknown[] = Array.isArray(entry?.groups) ? entry.groups : [];
  document.setIn([at, 'username'], USERNAME);
  document.setIn([at, 'groups'], document.createNode([...new Set([...groups, ...GROUPS])]));
}

function listIn(text: string): { document: Document; list: YAMLSeq } {
  const document: Document = parseDocument(text);
  if (document.toJS() === null) document.contents = document.createNode([]);
  const list = document.contents;
  if (!isSeq(list)) throw unreadable('it is no list');
  list.flow = false;
  return { document, list };
}

function entriesOf(mapRoles: string): Entry[] {
  const document = parseDocument(mapRoles);
  const [error] = document.errors;
  if (error !== undefined) throw unreadable(messageOf(error));
  const entries: unknown = document.toJS();
  if (entries === null) return [];
  if (!Array.isArray(entries)) throw unreadable('it is no list');
  return entries.map((entry: unknown) => (typeof entry === 'object' && entry !== null ? entry : {}));
}

function unreadable(why: string): UserError {
  return new UserError(
    'AwsAuthUnreadable',
    `mapRoles of the ConfigMap aws-auth in kube-system cannot be read (${why}): put it right, then press Retry`,
  );
}
