/** Values that nobody has fetched yet are kept up to this number; then the oldest go. */
const keptValues = 256;

/** One reader of a stream of values that may be slower than its source. Ends when `end` is called. */
export class Feed<T> implements AsyncIterableIterator<T> {
  private readonly values: T[] = [];
  private waiting: ((next: IteratorResult<T>) => void)[] = [];
  private ended = false;

  constructor(private readonly onReturn: () => void = () => undefined) {}

  push(value: T): void {
    if (this.ended) return;
    const reader = this.waiting.shift();
    if (reader) return reader({ done: false, value });
    this.values.push(value);
    if (this.values.length > keptValues) this.values.shift();
  }

  end(): void {
    this.ended = true;
    for (const reader of this.waiting) reader({ done: true, value: undefined });
    this.waiting = [];
  }

  next(): Promise<IteratorResult<T>> {
    if (this.values.length > 0) return Promise.resolve({ done: false, value: this.values.shift() as T });
    if (this.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    this.values.length = 0;
    this.onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
