import { DescribeUpdateCommand, paginateListUpdates, type Update } from '@aws-sdk/client-eks';
import { messageOf, TransientError } from '#src/domain/errors.ts';
import type { EksUpdate, StartedUpdate, UpdateRef } from '#src/ports/eks.ts';
import { isCausedBy } from './aws-errors.ts';
import type { EksCalls } from './eks-calls.ts';
import { IN_FLIGHT, pages } from './eks-calls.ts';
import { present, toEksUpdate } from './eks-mapping.ts';

export async function describeUpdate(
  { client, call }: EksCalls,
  { cluster, updateId, nodeGroup, addon }: UpdateRef,
): Promise<EksUpdate> {
  const { update } = await call('DescribeUpdate', () =>
    client.send(new DescribeUpdateCommand({ name: cluster, updateId, nodegroupName: nodeGroup, addonName: addon })),
  ).catch((error: unknown) => {
    throw notShownYet(error, updateId) ?? error;
  });
  return toEksUpdate(present(update, 'update'));
}

/** EKS never forgets an update: one that it does not know is one that its reads do not show yet. */
function notShownYet(error: unknown, updateId: string): TransientError | null {
  if (!isCausedBy(error, 'ResourceNotFoundException') || !/No update found/i.test(messageOf(error))) return null;
  return new TransientError('AwsUpdateNotShown', `eks:DescribeUpdate: EKS does not show update ${updateId} yet`, {
    cause: error,
  });
}

/**
 * ListUpdates gives ids only, in no promised order, and never forgets. An update that ended stays ended, so `finished`
 * keeps its id and only new ids are described; and EKS runs one cluster update at a time, so the search ends with the
 * first batch that has one.
 */
export async function updatesInProgress(
  inside: EksCalls,
  cluster: string,
  finished: Set<string>,
): Promise<EksUpdate[]> {
  const { client, call } = inside;
  const ids = await call('ListUpdates', () =>
    pages(paginateListUpdates({ client }, { name: cluster }), ({ updateIds }) => updateIds),
  );
  const unknown = ids.filter((id) => !finished.has(id));
  for (let start = 0; start < unknown.length; start += IN_FLIGHT) {
    const batch = unknown.slice(start, start + IN_FLIGHT);
    const updates = await Promise.all(batch.map((updateId) => describeUpdate(inside, { cluster, updateId })));
    for (const { id, status } of updates) if (status !== 'InProgress') finished.add(id);
    const running = updates.filter(({ status }) => status === 'InProgress');
    if (running.length > 0) return running.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
  }
  return [];
}

/** EKS has begun, or is at it already. */
export async function started(start: () => Promise<{ update?: Update | undefined }>): Promise<StartedUpdate> {
  try {
    const { update } = await start();
    return { kind: 'started', updateId: present(update?.id, 'update.id') };
  } catch (error) {
    if (isCausedBy(error, 'ResourceInUseException'))
      return { kind: 'in-flight', message: messageOf((error as Error).cause) };
    throw error;
  }
}
