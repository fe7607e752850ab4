import type { EKSClient } from '@aws-sdk/client-eks';
import type { AwsCaller } from './aws-call.ts';

/** Describe calls in flight at once: enough to be quick, too few for EKS to throttle. */
export const IN_FLIGHT = 4;

/** What the functions of the EKS adapter call through. */
export type EksCalls = { client: EKSClient; call: AwsCaller };

/** All pages of a list, as one call in the log. */
export async function pages<Page, Item>(
  paginator: AsyncIterable<Page>,
  itemsOf: (page: Page) => Item[] | undefined,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginator) items.push(...(itemsOf(page) ?? []));
  return items;
}
