/** Runs by the number that the core's side gave them. Numbers are small and used again. */
export class RunTable<T> {
  private readonly runs: (T | undefined)[] = [];

  set(number: number, run: T): void {
    while (this.runs.length < number) this.runs.push(undefined);
    this.runs[number] = run;
  }

  at(number: number): T | undefined {
    return this.runs[number];
  }

  remove(number: number): void {
    this.runs[number] = undefined;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const run of this.runs) if (run !== undefined) yield run;
  }
}
