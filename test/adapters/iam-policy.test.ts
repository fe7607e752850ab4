import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  isAllowed,
  listOf,
  type PolicyDocument,
  type Statement,
  type Wish,
} from '#test/simulators/cloud/rights/policy.ts';
import { type KubernetesWish, mayInCluster, type Rbac, readRbac } from '#test/simulators/cloud/rights/rbac.ts';
import type { UsedRights } from '#test/simulators/cloud/rights/rights.ts';
import { SHIPPED, shippedPolicy, shippedText } from '#test/simulators/cloud/rights/shipped.ts';
import { type Probe, type ProbeWorld, startProbeWorld } from '#test/support/rights-probes.ts';

/**
 * The files in docs/ that people install, right by right: each is used by a call of the bot or of eksctl, and without it
 * that call fails in words that name it. That they are enough for a whole upgrade is shown by every scenario: the
 * simulators refuse what they do not give.
 */
const CLUSTERS = ['coast', 'harbor'];
const documents = SHIPPED.upgrade.policies.map((file) => shippedPolicy(file, CLUSTERS));
const rbac = readRbac(shippedText(SHIPPED.upgrade.rbac));

/** One action of one statement. */
type AwsRight = { file: string; statement: Statement; action: string };

const awsRights: AwsRight[] = documents.flatMap(({ Statement }, i) =>
  Statement.flatMap((statement) =>
    listOf(statement.Action).map((action) => ({ file: SHIPPED.upgrade.policies[i] ?? '', statement, action })),
  ),
);

let world: ProbeWorld;
/** What each probe needed, and what it said with all rights. */
const needs = new Map<Probe, UsedRights>();

beforeAll(async () => {
  world = await startProbeWorld();
  for (const probe of world.probes) {
    await probe.prepare?.();
    world.simulator.takeUsedRights();
    expect([probe.name, await probe.run()]).toEqual([probe.name, '']);
    needs.set(probe, world.simulator.takeUsedRights());
  }
}, 60_000);
afterAll(() => world.close());

function allows({ statement, action }: AwsRight, wish: Wish): boolean {
  return isAllowed([{ Version: '', Statement: [{ ...statement, Action: action }] }], wish);
}

/** The first call that this right, and maybe no other, lets through. */
function probeFor(isNeeded: (used: UsedRights) => boolean): Probe | undefined {
  return [...needs].find(([, used]) => isNeeded(used))?.[0];
}

async function runWithout(probe: Probe, change: { policies?: PolicyDocument[]; rbac?: Rbac }): Promise<string> {
  world.simulator.changeRights({ policies: documents, rbac });
  await probe.prepare?.();
  world.simulator.changeRights(change);
  return probe.run();
}

function documentsWithout({ statement, action }: AwsRight): PolicyDocument[] {
  return documents.map((document) => ({
    ...document,
    Statement: document.Statement.map((each) =>
      each === statement ? { ...each, Action: listOf(each.Action).filter((other) => other !== action) } : each,
    ),
  }));
}

describe('the policies we ship', () => {
  test('name actions one by one', () => {
    expect(awsRights.filter(({ action }) => action.includes('*'))).toEqual([]);
  });

  test.each(awsRights.map((right) => [right.file, right.statement.Sid, right.action, right] as const))(
    '%s: without %s’s %s a call fails, and people read its name',
    async (_file, _sid, action, right) => {
      const probe = probeFor(({ aws }) => aws.some((wish) => allows(right, wish)));
      if (probe === undefined) throw new Error(`nothing the bot or eksctl does needs ${action}: take it out`);
      expect(await runWithout(probe, { policies: documentsWithout(right) })).toContain(action);
    },
  );
});

/** One verb on one resource, of one object where the rule names some. */
function atoms(grants: Rbac): Rbac {
  return grants.flatMap((grant) =>
    grant.verbs.flatMap((verb) =>
      grant.apiGroups.flatMap((group) =>
        grant.resources.flatMap((resource) => {
          const one = { ...grant, verbs: [verb], apiGroups: [group], resources: [resource] };
          return grant.resourceNames?.map((name) => ({ ...one, resourceNames: [name] })) ?? [one];
        }),
      ),
    ),
  );
}

const kubernetesRights = atoms(rbac);

describe('the RBAC manifests we ship', () => {
  test.each(
    kubernetesRights.map((right) => {
      const [verb = '', resource = ''] = [...right.verbs, ...right.resources];
      return [verb, resource, right.resourceNames?.[0] ?? 'all', right] as const;
    }),
  )('without %s %s (%s) a call fails, and people read what is missing', async (verb, resource, _name, right) => {
    const needed = (wish: KubernetesWish): boolean => mayInCluster([right], [right.toGroup], wish);
    const probe = probeFor(({ kubernetes }) => kubernetes.some(needed));
    if (probe === undefined) throw new Error(`nothing the bot or eksctl does needs ${verb} ${resource}: take it out`);
    const message = await runWithout(probe, { rbac: kubernetesRights.filter((other) => other !== right) });
    expect(message).toContain(wordsFor(verb, resource));
  });
});

describe('the files for a bot that only looks', () => {
  const policy = shippedPolicy(SHIPPED.observe.policies[0] ?? '', CLUSTERS);
  const looks = atoms(readRbac(shippedText(SHIPPED.observe.rbac))).map((grant) => ({
    ...grant,
    toGroup: SHIPPED.upgrade.group,
  }));
  const actions = policy.Statement.flatMap(({ Action }) => listOf(Action));

  test('let it make a plan, and allow nothing that no plan needs', async () => {
    world.simulator.changeRights({ policies: [policy], rbac: looks });
    world.simulator.takeUsedRights();
    for (const probe of world.probes.filter(({ isOfPlan }) => isOfPlan === true))
      expect([probe.name, await probe.run()]).toEqual([probe.name, '']);
    const used = world.simulator.takeUsedRights();
    expect([...new Set(used.aws.map(({ action }) => action))].toSorted()).toEqual(actions.toSorted());
    const isUsed = (right: Rbac[number]) =>
      used.kubernetes.some((wish) => mayInCluster([right], [right.toGroup], wish));
    expect(looks.filter((right) => !isUsed(right))).toEqual([]);
  });

  test('have no action and no verb that changes anything', () => {
    expect(actions.filter((action) => !/:(Describe|Get|List)/.test(action))).toEqual([]);
    expect(new Set(looks.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get', 'list']));
  });
});

/** The API server does not name the verbs by which one may hand on more than one has. */
function wordsFor(verb: string, resource: string): string {
  return verb === 'escalate' || verb === 'bind'
    ? 'attempting to grant RBAC permissions not currently held'
    : `cannot ${verb} resource "${resource}"`;
}
