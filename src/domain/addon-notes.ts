import { type AddonGap, isCniTooOld } from './addon-actions.ts';
import { isAddonVersion } from './addon-versions.ts';
import { type LostSetting, lostInFull, lostInShort } from './lost-settings.ts';
import type { CoreAddon } from './observation.ts';
import type { PlanNote } from './plan.ts';
import type { PlanDraft } from './plan-draft.ts';
import { imageTag } from './snapshot.ts';

/** What does not work as it should when settings of an add-on are lost. */
const AT_STAKE: Record<CoreAddon, string> = {
  'kube-proxy': 'the network of services',
  'vpc-cni': 'the network of pods',
  coredns: 'DNS',
};

/** eksctl would overwrite what people set in a self-managed add-on, and nobody allowed that. */
export function addonSettingsRefusals(draft: PlanDraft): PlanNote[] {
  const { cluster } = draft.request.observation;
  if (draft.request.policy.overwriteAddons === true) return [];
  return addonsWithLosses(draft).map(({ name, lost }) => {
    const text = `eksctl would replace the self-managed add-on ${name} as a whole, and settings made by hand would be lost: ${lostInShort(lost)}. That can break ${AT_STAKE[name]} for users. Make ${name} an EKS add-on, whose configuration is kept; or allow it with overwriteAddons: true for ${cluster.name} in the fleet file: the bot then saves the objects before, and you set what is needed again. Then ask again.`;
    return { id: `add-on-settings-would-be-lost:${name}`, text, detail: lostInFull(lost) };
  });
}

export function addonSettingsWarnings(draft: PlanDraft): PlanNote[] {
  const { cluster } = draft.request.observation;
  if (draft.request.policy.overwriteAddons !== true) return [];
  return addonsWithLosses(draft).map(({ name, lost }) => {
    const text = `eksctl replaces the self-managed add-on ${name} as a whole, as the fleet file allows, and settings made by hand are lost: ${lostInShort(lost)}. That can break ${AT_STAKE[name]} for users. The objects are saved before each replacement: "npm run ops -- saved-addons ${cluster.name}" prints them. Set what is needed again after every add-ons step.`;
    return { id: `add-on-settings-lost:${name}`, text, detail: lostInFull(lost) };
  });
}

function addonsWithLosses({ addons, request }: PlanDraft): { name: CoreAddon; lost: LostSetting[] }[] {
  const replaced = [addons.before, ...addons.at].flatMap((step) =>
    (step?.addons ?? []).flatMap((action) => (action.kind === 'eksctl' ? [action.name] : [])),
  );
  return request.observation.addons.flatMap((addon) => {
    if (addon.kind !== 'self-managed' || !replaced.includes(addon.name)) return [];
    const { name, lost = [] } = addon;
    return lost.length === 0 ? [] : [{ name, lost }];
  });
}

/** An EKS add-on vpc-cni that stays too old for 1.26: more than a warning, its pods crash. */
export function isCniGap({ name, current, version }: AddonGap): boolean {
  return isCniTooOld({ kind: 'eks', name, version: current, offered: {} }, version);
}

export function cniRefusals({ addons }: PlanDraft): PlanNote[] {
  return addons.incompatible.filter(isCniGap).map(({ current, version }) => {
    const text = `The VPC CNI (the EKS add-on vpc-cni) would be at ${current} when the control plane comes to ${version}, and before 1.12 its pods crash there: new pods get no address. EKS offers no newer version that fits before and after that hop. Update vpc-cni to 1.12 or newer by hand, then ask again.`;
    return { id: `vpc-cni-too-old:${version}`, text };
  });
}

/** Nobody knows whether an image without a version is new enough for 1.26. */
export function cniWarnings({ hops, request: { observation } }: PlanDraft): PlanNote[] {
  const cni = observation.addons.find(({ name }) => name === 'vpc-cni');
  const [hop] = hops;
  if (hop === undefined || cni?.kind !== 'self-managed' || isAddonVersion(imageTag(cni.image))) return [];
  if (!isCniTooOld({ ...cni, image: 'amazon-k8s-cni:v1.0.0' }, hop)) return [];
  const text = `The version of the VPC CNI cannot be told from its image (${cni.image}). Before 1.12 its pods crash from Kubernetes 1.26 on, and new pods get no address. See which version it is before you approve.`;
  return [{ id: 'vpc-cni-version-unknown', text }];
}
