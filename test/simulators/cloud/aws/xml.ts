/** Values for XML answers: undefined and null are left out, a list repeats its element. */
export type Xml = string | number | boolean | null | undefined | Xml[] | { [element: string]: Xml };

export function toXml(value: Xml): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return escapeXml(String(value));
  if (Array.isArray(value)) return value.map(toXml).join('');
  return Object.entries(value)
    .map(([name, child]) => {
      if (child === null || child === undefined) return '';
      if (Array.isArray(child)) return child.map((item) => element(name, item)).join('');
      return element(name, child);
    })
    .join('');
}

function element(name: string, child: Xml): string {
  return `<${name}>${toXml(child)}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
