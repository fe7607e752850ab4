import { readFile } from 'node:fs/promises';
import type { Durations } from '#test/simulators/cloud/durations.ts';
import type { Effect } from '#test/simulators/cloud/effects.ts';
import { simulatedAt } from './people.ts';
import type { Interval } from './statistics.ts';
import type { BenchWorld } from './world.ts';

/** A time in which the outside worked, simulated epoch milliseconds. */
export type OutsideWork = Interval & {
  kind: 'control-plane' | 'unauthorized' | 'node-group' | 'add-on' | 'rollout' | 'scaling' | 'eksctl';
  what: string;
};

/** Pods of a DaemonSet (one a node) and of CoreDNS while add-ons are replaced. */
export type PodCounts = { daemonSet: number; deployment: number };

const CORE_ADDONS = ['vpc-cni', 'coredns', 'kube-proxy'];
const KUBE_SYSTEM_WORKLOAD = /\/namespaces\/kube-system\/(daemonsets|deployments)\/([^/]+)$/;

/** What AWS and Kubernetes were busy with, from the effects of the simulated cloud and the durations it was given. */
export function cloudWork(effects: readonly Effect[], durations: Durations, pods: PodCounts): OutsideWork[] {
  return effects.flatMap((effect): OutsideWork[] => {
    const from = Date.parse(effect.at);
    const lasting = (kind: OutsideWork['kind'], what: string, ms: number): OutsideWork => ({
      kind,
      what,
      from,
      to: from + ms,
    });
    switch (effect.effect) {
      case 'control-plane-update-started': {
        const update = lasting('control-plane', `to ${String(effect['to'])}`, durations.controlPlaneUpdate);
        return [
          update,
          { kind: 'unauthorized', what: '401', from: update.to, to: update.to + durations.unauthorizedAfterUpdate },
        ];
      }
      case 'addon-update-started': {
        const name = String(effect['addon']);
        return [
          lasting('add-on', name, durations.addonUpdate + (CORE_ADDONS.includes(name) ? durations.rolloutMax : 0)),
        ];
      }
      case 'node-group-update-started':
        return [
          lasting(
            'node-group',
            String(effect['nodeGroup']),
            durations.managedUpdateBase + Number(effect['nodes']) * durations.managedUpdatePerNode,
          ),
        ];
      case 'desired-capacity-set': {
        const isUp = Number(effect['to']) > Number(effect['from']);
        const { scaleOut, nodeJoin, nodeReady, scaleIn } = durations;
        return [lasting('scaling', String(effect['nodeGroup']), isUp ? scaleOut + nodeJoin + nodeReady : scaleIn)];
      }
      case 'instance-terminated':
        return [lasting('scaling', String(effect['nodeGroup']), durations.scaleIn)];
      case 'object-changed': {
        const [, kind, name] = KUBE_SYSTEM_WORKLOAD.exec(String(effect['path'])) ?? [];
        if (kind === undefined || name === undefined) return [];
        const wanted = kind === 'daemonsets' ? pods.daemonSet : pods.deployment;
        return [
          lasting(
            'rollout',
            name,
            Math.min(durations.rolloutMax, durations.rolloutBase + durations.rolloutPerPod * wanted),
          ),
        ];
      }
      default:
        return [];
    }
  });
}

/** The commands of eksctl from spawn to exit, as its wrapper wrote them down. */
export async function eksctlWork(world: Pick<BenchWorld, 'eksctlTimes' | 'clock'>): Promise<OutsideWork[]> {
  const lines = (await readFile(world.eksctlTimes, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => {
    const [from = '', to = '', ...args] = line.split(' ');
    return {
      kind: 'eksctl',
      what: args.join(' '),
      from: simulatedAt(world, Number(from)),
      to: simulatedAt(world, Number(to)),
    };
  });
}

export async function cloudEffects({ cloudUrl }: Pick<BenchWorld, 'cloudUrl'>, cluster: string): Promise<Effect[]> {
  const response = await fetch(`${cloudUrl}/_sim/effects`);
  return ((await response.json()) as Effect[]).filter((effect) => effect.cluster === cluster);
}

/** What the outside worked on, in its order, and where nothing did: for whoever wants to know why a figure is what it is. */
export function tellWork(say: (line: string) => void, upgrade: Interval, work: OutsideWork[]): void {
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  const sorted = [...work].sort((a, b) => a.from - b.from);
  let end = upgrade.from;
  for (const { kind, what, from, to } of sorted) {
    say(
      `  +${seconds(from - upgrade.from)} ${kind} ${what.slice(0, 60)}: ${seconds(to - from)}${from > end ? ` (idle before it: ${seconds(from - end)})` : ''}`,
    );
    end = Math.max(end, to);
  }
  say(`  +${seconds(upgrade.to - upgrade.from)} finish notice (idle before it: ${seconds(upgrade.to - end)})`);
}
