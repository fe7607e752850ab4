const PAGE = 500;

type Page = { limit: number; _continue?: string };
type List<T> = { items: T[]; metadata?: { _continue?: string } };

/** All pages of a list. */
export async function listAll<T>(list: (page: Page) => Promise<List<T>>): Promise<T[]> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const { items: found, metadata } = await list({ limit: PAGE, ...(next === undefined ? {} : { _continue: next }) });
    items.push(...found);
    next = metadata?._continue === '' ? undefined : metadata?._continue;
  } while (next !== undefined);
  return items;
}
