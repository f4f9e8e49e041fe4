// Where a pool keeps its queue and its mailbox: every combination of the kinds that there are.

const file = (path) => ({ type: 'file', path });

/** `[{name, queue, mailbox, isQueueDurable, isMailboxDurable}]`; paths are relative to the folder of a cycle. */
export const combinations = [
  { name: 'file, same store', queue: file('lot'), mailbox: { storage: file('lot') } },
  { name: 'file, separate stores', queue: file('queue'), mailbox: { storage: file('mail') } },
  { name: 'queue file, mailbox memory', queue: file('lot'), mailbox: 'in_memory' },
  { name: 'queue memory, mailbox file', queue: 'in_memory', mailbox: { storage: file('mail') } },
].map((each) => ({ ...each, isQueueDurable: each.queue !== 'in_memory', isMailboxDurable: each.mailbox !== 'in_memory' }));

/** The directories of a combination's stores. */
export const storesOf = ({ queue, mailbox }) => [...new Set([queue.path, mailbox.storage?.path].filter(Boolean))];

export const capacity = 8;

/** The config of a cycle; `executor` is inline or process. */
export const configOf = ({ queue, mailbox }, executor) =>
  JSON.stringify({ pools: { work: { max_units: capacity, max_queue_depth: 16, max_lost: 1000, executor, queue, mailbox } } });

/** SplitMix64, so that a seed means the same cycle everywhere. */
export function randomOf(seed) {
  let state = BigInt(seed);
  return (below) => {
    state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
    let mixed = state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
    return Number((mixed ^ (mixed >> 31n)) % BigInt(below));
  };
}
