import { ADDON_DEFAULTS, type DefaultValues } from './addon-defaults.ts';
import { type AddonObject, objectName, settingsOf } from './addon-settings.ts';
import type { CoreAddon } from './observation.ts';

/** Something that people set, and that is gone once eksctl has replaced the object. */
export type LostSetting = {
  /** e.g. `ConfigMap coredns`. */
  object: string;
  /** e.g. `Corefile`, `replicas`. */
  setting: string;
  now: string;
  /** What eksctl writes; null: nothing. */
  after: string | null;
};

/**
 * Pure. What is lost when eksctl replaces these objects by its own: what differs from every default that eksctl or EKS
 * has ever had. A setting that only today's default has is no loss.
 */
export function lostSettings(addon: CoreAddon, objects: readonly AddonObject[]): LostSetting[] {
  const defaults = ADDON_DEFAULTS[addon];
  return objects.flatMap((object) => {
    const name = objectName(object);
    const known = defaults[name];
    if (known === undefined) return [];
    return [...settingsOf(object)].flatMap(([setting, now]): LostSetting[] => {
      const values = known[setting];
      return isDefault(values, now) ? [] : [{ object: name, setting, now, after: valueAfter(values) }];
    });
  });
}

function isDefault(values: DefaultValues | undefined, now: string): boolean {
  return values === 'any' || values?.includes(now) === true;
}

function valueAfter(values: DefaultValues | undefined): string | null {
  return values === undefined || values === 'any' ? null : (values.at(-1) ?? null);
}

/** `Corefile, replicas (4 → 2), env WARM_IP_TARGET of aws-node and 3 more` */
export function lostInShort(lost: readonly LostSetting[], most = 4): string {
  const shown = lost.slice(0, most).map(({ setting, now, after }) => {
    const name = cut(setting, 80);
    const short = after !== null && now.length + after.length <= 24 && !`${now}${after}`.includes('\n');
    return short ? `${name} (${now === '' ? 'empty' : now} → ${after === '' ? 'empty' : after})` : name;
  });
  const left = lost.length - shown.length;
  if (left > 0) return `${shown.join(', ')} and ${left} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** A ConfigMap may have a mebibyte; what is kept with the plan is for people to read. */
const MOST_LINES = 200;
const LONGEST_LINE = 500;

/** The difference, a line each; of texts with several lines those that go (`-`) and those that come (`+`). */
export function lostInFull(lost: readonly LostSetting[]): string[] {
  const lines = lost.flatMap(linesOf).map((line) => cut(line, LONGEST_LINE));
  const left = lines.length - MOST_LINES;
  return left > 0 ? [...lines.slice(0, MOST_LINES), `… and ${left} more lines`] : lines;
}

function linesOf({ object, setting, now, after }: LostSetting): string[] {
  if (!now.includes('\n') && after?.includes('\n') !== true)
    return [`${object}, ${setting}: ${now === '' ? '""' : now} → ${after ?? 'gone'}`];
  const before = now.split('\n');
  const later = (after ?? '').split('\n');
  const lines = [
    ...before.filter((line) => !later.includes(line)).map((line) => `- ${line}`),
    ...later.filter((line) => line !== '' && !before.includes(line)).map((line) => `+ ${line}`),
  ];
  return [`${object}, ${setting}:`, ...(lines.length === 0 ? ['the same lines in another order'] : lines)];
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
