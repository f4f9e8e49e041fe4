/** Structural, so that this file needs neither the DOM's nor Node's types. */
export type Transferables = readonly object[];

const transferables = new WeakMap<object, Transferables>();

/**
 * Marks what `value` owns to be moved, not copied, when it leaves the worker as a result or as progress:
 * `return transfer({ pixels }, [pixels.buffer])`. Moved buffers are empty in the worker afterwards.
 */
export function transfer<T extends object>(value: T, owned: Transferables): T {
  transferables.set(value, owned);
  return value;
}

/** What was marked for `value`, once: a second message that carries the same value copies it. */
export function takeTransferables(value: unknown): Transferables {
  if (typeof value !== 'object' || value === null) return [];
  const owned = transferables.get(value) ?? [];
  transferables.delete(value);
  return owned;
}
