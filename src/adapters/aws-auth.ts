import { type Document, isSeq, parseDocument } from 'yaml';
import { messageOf, UserError } from '#src/domain/errors.ts';

/** As eksctl maps the role of a node group: pkg/authconfigmap/authconfigmap.go, `AddNodeGroup`. */
const USERNAME = 'system:node:{{EC2PrivateDNSName}}';
const GROUPS = ['system:bootstrappers', 'system:nodes'];

type Entry = { rolearn?: unknown };

/** The roles in `mapRoles` of the ConfigMap aws-auth. Throws UserError for what is no list in YAML. */
export function rolesIn(mapRoles: string): string[] {
  return entriesOf(mapRoles).flatMap(({ rolearn }) => (typeof rolearn === 'string' ? [rolearn] : []));
}

/**
 * `mapRoles` with these roles of nodes added and taken away, everything else and every comment as it was: whoever cannot
 * be read from it any more is locked out of the cluster. Throws UserError for what is no list in YAML.
 */
export function withNodeRoles(mapRoles: string, { add, remove }: { add: string[]; remove: string[] }): string {
  const mapped = rolesIn(mapRoles);
  if (add.every((role) => mapped.includes(role)) && !remove.some((role) => mapped.includes(role))) return mapRoles;
  const document: Document = parseDocument(mapRoles);
  if (document.toJS() === null) document.contents = document.createNode([]);
  const list = document.contents;
  if (!isSeq(list)) throw unreadable('it is no list');
  list.flow = false;
  list.items = list.items.filter((_, index) => !remove.includes(String(entriesOf(mapRoles)[index]?.rolearn)));
  for (const rolearn of add.filter((role) => !mapped.includes(role))) {
    list.add(document.createNode({ rolearn, username: USERNAME, groups: GROUPS }));
  }
  return document.toString({ lineWidth: 0 });
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
