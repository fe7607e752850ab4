import { z } from 'zod';
import type { SelfMapping } from '#src/domain/self-mapping.ts';
import { isGitRemote } from './git-remote.ts';
import { isLabelSelector } from './label-selector.ts';

/** Pods of JupyterHub users and of Dask, as the runbook counts them. */
const DEFAULT_ACTIVITY_SELECTORS = [
  'component=singleuser-server',
  'app.kubernetes.io/component in (dask-scheduler, dask-worker)',
];
const DEFAULT_CORE_GROUPS = ['core-*'];

/** A text of the fleet file; what is wrong or missing is reported with `need`, the way out. */
function text(need: string, ok: (value: string) => boolean) {
  return z
    .string({
      error: ({ input }) =>
        input === undefined ? `is missing: ${need}` : `is ${shown(input)}: ${need}${inQuotes(input)}`,
    })
    .refine(ok, { error: ({ input }) => `is ${shown(input)}: ${need}` });
}

function matching(need: string, pattern: RegExp) {
  return text(need, (value) => pattern.test(value));
}

/** YAML reads `012345678901` as a number and drops the zero. */
function inQuotes(input: unknown): string {
  return typeof input === 'number' ? ', in quotes' : '';
}

function shown(input: unknown): string {
  return JSON.stringify(input) ?? 'nothing';
}

/** A list with at least one entry. */
function listOf<T extends z.ZodType>(item: T, need: string) {
  return z
    .array(item, {
      error: ({ input }) => (input === undefined ? `is missing: ${need}` : `is ${shown(input)}: ${need}`),
    })
    .min(1, { error: `is empty: ${need}` });
}

function group<T extends z.ZodRawShape>(shape: T, need: string) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return undefined;
      return issue.input === undefined || issue.input === null
        ? `is missing: ${need}`
        : `is ${shown(issue.input)}: ${need}`;
    },
  });
}

const userId = matching('give a Slack member id like U0123ABCD ("Copy member ID" in a profile)', /^[UW][A-Z0-9]{2,}$/);
const groupId = matching('give a Slack user group id like S0123ABCD', /^S[A-Z0-9]{2,}$/);

const idList = <T extends z.ZodType>(item: T, need: string) =>
  z.array(item, { error: ({ input }) => `is ${shown(input)}: ${need}` }).default([]);

const peopleNeed = 'name at least one person, as users: [U…] or groups: [S…]';
const people = group(
  { users: idList(userId, 'give a list of member ids'), groups: idList(groupId, 'give a list of user group ids') },
  peopleNeed,
).refine(({ users, groups }) => users.length + groups.length > 0, { error: `is empty: ${peopleNeed}` });

const config = group(
  {
    remote: text(
      'give what "git clone" takes, like git@github.com:org/clusters.git, without a password in it',
      isGitRemote,
    ),
    /** https://git-scm.com/docs/git-check-ref-format, and nothing that git would take for an option. */
    branch: matching(
      'give a branch name',
      /^(?![-./])(?!.*(?:\.\.|\/\/|\/\.|@\{))[\w./@+-]+(?<![./])(?<!\.lock)$/,
    ).default('main'),
    path: text(
      'give the path of the eksctl config inside the repository (.jsonnet, .yaml, .yml or .json)',
      isConfigPath,
    ),
  },
  'give remote, branch and path of the eksctl config',
);

function isConfigPath(value: string): boolean {
  if (value.startsWith('/') || value.startsWith('-') || value.includes('\\') || value.includes('\0')) return false;
  return (
    /\.(?:jsonnet|ya?ml|json)$/.test(value) && value.split('/').every((part) => !['', '.', '..', '.git'].includes(part))
  );
}

const yesOrNo = z.boolean({ error: ({ input }) => `is ${shown(input)}: give true or false, without quotes` });

const roleArn = matching(
  'give the ARN of an IAM role like arn:aws:iam::111122223333:role/eks-upgrade',
  /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
);

const ACCESS_NEED =
  'give bootstrapRole (the ARN of a role that may write aws-auth) or createEntry: true, or leave it out: then a person maps the bot';

/** How the bot may map itself, in exactly one way. `groups` of docs/rbac.yaml by default. */
const access = group(
  {
    bootstrapRole: roleArn.optional(),
    groups: listOf(
      matching('give a Kubernetes group like eks-upgrade-bot', /^[\w.:@/-]+$/),
      'give the Kubernetes groups that the bot maps itself to, or leave it out for eks-upgrade-bot (docs/rbac.yaml)',
    ).optional(),
    createEntry: z.literal(true, { error: ({ input }) => `is ${shown(input)}: ${ACCESS_NEED}` }).optional(),
  },
  ACCESS_NEED,
)
  .refine(({ bootstrapRole, createEntry }) => (bootstrapRole === undefined) !== (createEntry === undefined), {
    error: ({ input }) =>
      `${(input as { bootstrapRole?: unknown }).bootstrapRole === undefined ? 'is empty' : 'names two ways'}: ${ACCESS_NEED}`,
  })
  .refine(({ groups, createEntry }) => groups === undefined || createEntry === undefined, {
    error:
      'has groups beside createEntry, whose entry gets the policy AmazonEKSClusterAdminPolicy and no groups: leave groups out',
  })
  .transform(
    ({ bootstrapRole, groups }): SelfMapping =>
      bootstrapRole === undefined
        ? { kind: 'access-entry' }
        : { kind: 'bootstrap-role', roleArn: bootstrapRole, groups: groups ?? ['eks-upgrade-bot'] },
  );
const HEALTH_URL_NEED =
  'give an address that answers 2xx to anybody who asks, like https://hub.example.org/hub/health, without a password in it';

function isHealthUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && ['https:', 'http:'].includes(url.protocol) && url.username === '' && url.password === '';
}

const cluster = group(
  {
    /** https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html (name) */
    name: matching('give the name of the EKS cluster', /^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/),
    region: matching('give an AWS region like us-west-2', /^[a-z]{2,4}(?:-[a-z]+)+-\d$/),
    account: matching("give the twelve digits of the AWS account, like '111122223333'", /^\d{12}$/),
    roleArn: roleArn.nullable().default(null),
    access: access.nullable().default(null),
    config,
    coreGroups: listOf(
      matching('give a node group name or a pattern like core-*', /^[0-9A-Za-z*?][0-9A-Za-z*?_-]*$/),
      'give patterns of node group names',
    ).default(DEFAULT_CORE_GROUPS),
    skewPolicy: z
      .enum(['supported', 'runbook'], { error: ({ input }) => `is ${shown(input)}: give "supported" or "runbook"` })
      .default('supported'),
    allowAmiFamilyChange: yesOrNo.default(false),
    overwriteAddons: yesOrNo.default(false),
    healthUrls: z
      .array(text(HEALTH_URL_NEED, isHealthUrl), {
        error: ({ input }) => `is ${shown(input)}: give a list of addresses`,
      })
      .max(20, { error: 'has more than 20 addresses: give those that show whether people can work' })
      .default([]),
    proveEmptyGroups: z
      .enum(['none', 'one', 'all'], { error: ({ input }) => `is ${shown(input)}: give "none", "one" or "all"` })
      .default('one'),
    core: group({ drain: yesOrNo.default(true) }, 'give drain: true or drain: false').default({ drain: true }),
  },
  'give name, region, account and config of a cluster',
);

const APPROVAL_HOURS_NEED = 'give the hours after which an undecided request expires, from 1 to 1080 (45 days)';

/** The fleet file, one field at a time; what its fields mean together is checked in `fleet-contradictions.ts`. */
export const fleetSchema = group(
  {
    teamId: matching('give the workspace id like T0123ABCD', /^[TE][A-Z0-9]{2,}$/),
    maintenanceChannel: matching(
      'give the id of the channel like C0123ABCD (shown at the end of its details), not its name',
      /^[CG][A-Z0-9]{2,}$/,
    ),
    approvers: people,
    requesters: people,
    activitySelectors: listOf(
      text('give a Kubernetes label selector like component=singleuser-server', isLabelSelector),
      'give the label selectors of pods that mean "in use", or leave it out for the default; without one every cluster would look idle',
    ).default(DEFAULT_ACTIVITY_SELECTORS),
    approvalHours: z
      .int({ error: ({ input }) => `is ${shown(input)}: ${APPROVAL_HOURS_NEED}` })
      .min(1, { error: ({ input }) => `is ${shown(input)}: ${APPROVAL_HOURS_NEED}` })
      .max(1080, { error: ({ input }) => `is ${shown(input)}: ${APPROVAL_HOURS_NEED}` })
      .default(24),
    clusters: listOf(cluster, 'give at least one cluster'),
  },
  'give teamId, maintenanceChannel, approvers, requesters and clusters',
);
