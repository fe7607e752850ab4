/**
 * Identity-based policies as far as the shipped ones go: Effect, Action one by one, Resource with `*` and `?`, and
 * conditions by StringEquals and StringLike. An explicit Deny wins.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export type PolicyDocument = { Version: string; Statement: Statement[] };

export type Statement = {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
};

/** What one call asks for; `context`: keys that conditions may look at. */
export type Wish = { action: string; resource: string; context: Record<string, string> };

export function isAllowed(documents: readonly PolicyDocument[], wish: Wish): boolean {
  const applying = documents.flatMap(({ Statement }) => Statement).filter((statement) => applies(statement, wish));
  return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow');
}

function applies({ Action, Resource, Condition = {} }: Statement, { action, resource, context }: Wish): boolean {
  return (
    listOf(Action).includes(action) &&
    listOf(Resource).some((pattern) => matches(pattern, resource)) &&
    Object.entries(Condition).every(([operator, keys]) => holds(operator, keys, context))
  );
}

function holds(operator: string, keys: Record<string, string | string[]>, context: Record<string, string>): boolean {
  return Object.entries(keys).every(([key, wanted]) => {
    const value = context[key];
    if (value === undefined) return false;
    if (operator === 'StringEquals') return listOf(wanted).includes(value);
    if (operator === 'StringLike') return listOf(wanted).some((pattern) => matches(pattern, value));
    throw new Error(`the simulator does not evaluate the condition operator ${operator}: add it to rights/policy.ts`);
  });
}

export function listOf(value: string | string[]): string[] {
  return typeof value === 'string' ? [value] : value;
}

const patterns = new Map<string, RegExp>();

function matches(pattern: string, text: string): boolean {
  let expression = patterns.get(pattern);
  if (expression === undefined) {
    const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
    expression = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
    patterns.set(pattern, expression);
  }
  return expression.test(text);
}
