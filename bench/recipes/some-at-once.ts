/**
 * Does something for every item, for so many of them at once: a crowd that comes in the same millisecond would measure
 * how long the listener's backlog is.
 */
export async function someAtOnce<Item>(
  items: readonly Item[],
  atOnce: number,
  action: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await action(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
