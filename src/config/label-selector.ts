const NAME = '[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const KEY = `(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?${NAME}`;
const VALUE = `(?:${NAME})?`;
const LIST = String.raw`\(\s*${VALUE}(?:\s*,\s*${VALUE})*\s*\)`;
const REQUIREMENT = String.raw`!?\s*${KEY}|${KEY}\s*(?:=|==|!=)\s*${VALUE}|${KEY}\s+(?:in|notin)\s+${LIST}`;
const SELECTOR = new RegExp(String.raw`^\s*(?:${REQUIREMENT})(?:\s*,\s*(?:${REQUIREMENT}))*\s*$`);

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
export function isLabelSelector(text: string): boolean {
  return text.length <= 1000 && SELECTOR.test(text);
}
