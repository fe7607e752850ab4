import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** A Kubernetes object without its status and what the API server keeps in it, secrets taken out. */
export type AddonObject = JsonObject;

/** `DaemonSet aws-node` */
export function objectName(object: AddonObject): string {
  return `${textOf(object.kind)} ${textOf(at(object, 'metadata').name)}`;
}

/** What people set in an object, by names that people know; values as text. */
export function settingsOf(object: AddonObject): Map<string, string> {
  switch (object.kind) {
    case 'DaemonSet':
    case 'Deployment':
      return new Map(workloadSettings(object));
    case 'ConfigMap':
      return new Map(Object.entries(at(object, 'data')).map(([key, value]) => [key, normalised(textOf(value))]));
    case 'Service':
      return new Map(serviceSettings(object));
    case 'ServiceAccount':
      return new Map(annotations(object));
    case 'ClusterRole':
      return new Map(list(object.rules).flatMap(rightsOf));
    case 'ClusterRoleBinding':
      return new Map(
        list(object.subjects).map((subject) => [`subject ${textOf(subject.kind)} ${textOf(subject.name)}`, 'yes']),
      );
    default:
      return new Map();
  }
}

type Setting = [name: string, value: string];

function workloadSettings(object: AddonObject): Setting[] {
  const spec = at(object, 'spec');
  const template = at(spec, 'template');
  const pod = at(template, 'spec');
  const { rollingUpdate, type } = at(spec, object.kind === 'Deployment' ? 'strategy' : 'updateStrategy');
  const unavailable = isJsonObject(rollingUpdate) ? rollingUpdate.maxUnavailable : undefined;
  return [
    ...(object.kind === 'Deployment' ? ([['replicas', textOf(spec.replicas ?? 1)]] satisfies Setting[]) : []),
    ...[...list(pod.initContainers), ...list(pod.containers)].flatMap(containerSettings),
    ...list(pod.volumes).map(({ name }): Setting => [`volume ${textOf(name)}`, 'yes']),
    ...affinitySettings(at(pod, 'affinity')),
    ...named('pod label', at(at(template, 'metadata'), 'labels')),
    ...named('pod annotation', at(at(template, 'metadata'), 'annotations')),
    ['tolerations', canonical(sorted(pod.tolerations))],
    ['node selector', canonical(pod.nodeSelector ?? {})],
    ['topology spread', canonical(sorted(pod.topologySpreadConstraints))],
    ['host network', textOf(pod.hostNetwork ?? false)],
    ['service account', textOf(pod.serviceAccountName)],
    ['priority class', textOf(pod.priorityClassName)],
    ['DNS policy', textOf(pod.dnsPolicy ?? 'ClusterFirst')],
    ['update strategy', textOf(type ?? 'RollingUpdate')],
    ['unavailable pods in a rollout', textOf(unavailable ?? 1)],
  ];
}

function containerSettings(container: JsonObject): Setting[] {
  const name = textOf(container.name);
  const args = [container.command, container.args].flatMap((part) => (Array.isArray(part) ? part : []));
  return [
    [`container ${name}`, 'yes'],
    ...list(container.env).map(({ name: variable, value, valueFrom }): Setting => {
      return [
        `env ${textOf(variable)} of ${name}`,
        valueFrom === undefined ? textOf(value ?? '') : canonical(valueFrom),
      ];
    }),
    ...(container.envFrom === undefined ? [] : ([[`envFrom of ${name}`, canonical(container.envFrom)]] as Setting[])),
    ...args.map((arg): Setting => {
      const [flag = '', ...rest] = textOf(arg).split('=');
      return [`argument ${flag} of ${name}`, rest.join('=')];
    }),
    [`resources of ${name}`, canonical(container.resources ?? {})],
  ];
}

/** What a pod must or should be near to or far from: what is asked for, and by which key. */
function affinitySettings(affinity: JsonObject): Setting[] {
  const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
  const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
  const node = at(affinity, 'nodeAffinity');
  const expressions = (term: JsonObject): JsonObject[] => [...list(term.matchExpressions), ...list(term.matchFields)];
  const said = ({ operator, values }: JsonObject): string => `${textOf(operator)} ${canonical(values ?? [])}`;
  const pods = (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const words = kind === 'podAffinity' ? 'pod affinity' : 'pod anti-affinity';
    const { [REQUIRED]: required, [PREFERRED]: preferred } = at(affinity, kind);
    return [
      ...list(required).map((term): Setting => [`${words} by ${textOf(term.topologyKey)}`, canonical(term)]),
      ...list(preferred).map((weighted): Setting => {
        const term = at(weighted, 'podAffinityTerm');
        return [`preferred ${words} by ${textOf(term.topologyKey)}`, canonical(term)];
      }),
    ];
  });
  return [
    ...list(at(node, REQUIRED).nodeSelectorTerms)
      .flatMap(expressions)
      .map((expression): Setting => [`node affinity on ${textOf(expression.key)}`, said(expression)]),
    ...list(node[PREFERRED])
      .flatMap((weighted) => expressions(at(weighted, 'preference')))
      .map((expression): Setting => [`preferred node affinity on ${textOf(expression.key)}`, said(expression)]),
    ...pods,
  ];
}

function serviceSettings(object: AddonObject): Setting[] {
  const spec = at(object, 'spec');
  const given = (name: string, value: Json | undefined): Setting[] =>
    value === undefined || value === null ? [] : [[name, typeof value === 'string' ? value : canonical(value)]];
  return [
    ...annotations(object),
    ...list(spec.ports).map((port): Setting => {
      return [`port ${textOf(port.name)}`, `${textOf(port.port)}/${textOf(port.protocol ?? 'TCP')}`];
    }),
    ...given('type', spec.type),
    ...given('session affinity', spec.sessionAffinity),
    ...given('internal traffic policy', spec.internalTrafficPolicy),
    ...given('traffic distribution', spec.trafficDistribution),
    ...given('IP families', spec.ipFamilies),
  ];
}

function annotations(object: AddonObject): Setting[] {
  return named('annotation', at(at(object, 'metadata'), 'annotations'));
}

function named(what: string, values: JsonObject): Setting[] {
  return Object.entries(values).map(([name, value]) => [`${what} ${name}`, textOf(value)]);
}

function rightsOf({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: JsonObject): Setting[] {
  const only = resourceNames === undefined ? '' : ` ${canonical(resourceNames)}`;
  const texts = (values: Json | undefined): string[] => (Array.isArray(values) ? values.map(textOf) : []);
  const targets = [
    ...texts(nonResourceURLs),
    ...texts(resources).flatMap((resource) =>
      texts(apiGroups).map((group) => (group === '' ? resource : `${resource}.${group}`)),
    ),
  ];
  return targets.flatMap((target) => texts(verbs).map((verb): Setting => [`right ${verb} ${target}${only}`, 'yes']));
}

/** Indentation, empty lines and spaces at the end of a file's lines mean nothing. */
function normalised(text: string): string {
  const lines = text.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
  return lines.filter((line) => line !== '').join('\n');
}

/** Compact JSON with sorted keys. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner: Json) =>
    isJsonObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** The order of such lists means nothing. */
function sorted(values: Json | undefined): Json[] {
  return Array.isArray(values) ? values.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1)) : [];
}

function at(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? canonical(value) : String(value);
}
