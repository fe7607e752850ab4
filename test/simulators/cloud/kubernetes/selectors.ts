/** Label selectors, equality and set based. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
export type Labels = Record<string, string>;

/** A test of labels for a selector such as `a=b,c!=d,e in (f,g),h notin (i),j,!k`; null: it cannot be read. */
export function labelSelector(selector: string | null): ((labels: Labels) => boolean) | null {
  if (selector === null || selector.trim() === '') return () => true;
  const tests = splitOutsideParentheses(selector).map(requirement);
  if (tests.some((test) => test === null)) return null;
  return (labels) => tests.every((test) => test?.(labels) === true);
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function requirement(text: string): ((labels: Labels) => boolean) | null {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? '\0') === (operator === 'in');
  }
  const equality = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value] = equality;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const existence = /^(!?)\s*([^\s=!(),]+)$/.exec(text);
  if (existence === null) return null;
  const [, not, key = ''] = existence;
  return (labels) => key in labels === (not === '');
}
