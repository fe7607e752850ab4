import { randomUUID } from 'node:crypto';
import type { OutsidePorts } from '#src/context.ts';
import type { Cloud } from '#src/ports/cloud.ts';
import { nameOf, type Point } from './points.ts';

export const PROTECTIONS = ['epoch', 'token', 'message-key'] as const;
export type Protection = (typeof PROTECTIONS)[number];

/** Where to look first: there the protection is all that stands between a hit and its damage. */
const TELLING: Record<Protection, RegExp[]> = {
  epoch: [/^stalled-before redis: commit step-started preflight/, /^stalled-before redis: commit/],
  token: [/^stalled-before eks: UpdateAddon/, /^stalled-before eks: /],
  'message-key': [/^after slack: post/],
};

export function tellingPoints(points: Point[], protection: Protection): Point[] {
  const found = TELLING[protection].flatMap((pattern) => points.filter((point) => pattern.test(nameOf(point))));
  return [...new Set(found)];
}

/**
 * The ports with one protection taken away, to see whether the harness sees it missing:
 * - `epoch`: every worker may act and commit, whoever took the run in hand since;
 * - `token`: each AWS request has a token of its own, so that a repeated one is a new one;
 * - `message-key`: a message whose answer was lost is never found again.
 */
export function without(protection: Protection | null, ports: OutsidePorts): OutsidePorts {
  switch (protection) {
    case null:
      return ports;
    case 'epoch': {
      const { store } = ports;
      const holds: typeof store.holds = async (claim) => {
        await store.holds(claim);
        return true;
      };
      return { ...ports, store: { ...store, holds, change: (request) => store.change({ ...request, claim: null }) } };
    }
    case 'token':
      return { ...ports, cloudOf: (cluster) => withFreshTokens(ports.cloudOf(cluster)) };
    case 'message-key':
      return { ...ports, slack: { ...ports.slack, find: async () => null } };
    default:
      protection satisfies never;
      throw new Error(`unknown protection ${String(protection)}`);
  }
}

function withFreshTokens({ eks, ...rest }: Cloud): Cloud {
  return {
    ...rest,
    eks: {
      ...eks,
      updateClusterVersion: (request) => eks.updateClusterVersion({ ...request, token: randomUUID() }),
      updateNodegroupVersion: (request) => eks.updateNodegroupVersion({ ...request, token: randomUUID() }),
      updateAddon: (request) => eks.updateAddon({ ...request, token: randomUUID() }),
    },
  };
}
