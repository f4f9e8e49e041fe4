/** Values by small numbers from 1, which are used again. The numbers stand in for the values inside the core. */
export class Slots<T> {
  private readonly values: (T | undefined)[] = [undefined];
  private readonly free: number[] = [];

  add(value: T): number {
    const slot = this.free.pop();
    if (slot === undefined) return this.values.push(value) - 1;
    this.values[slot] = value;
    return slot;
  }

  at(slot: number): T | undefined {
    return this.values[slot];
  }

  /** Frees the slot and answers what was in it; a free slot stays as it is. */
  remove(slot: number): T | undefined {
    const value = this.values[slot];
    if (value === undefined) return undefined;
    this.values[slot] = undefined;
    this.free.push(slot);
    return value;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const value of this.values) if (value !== undefined) yield value;
  }
}
