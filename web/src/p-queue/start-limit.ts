export interface StartLimitOptions {
  /** Most starts in one interval. */
  readonly cap: number;
  readonly intervalMs: number;
  /** `sliding`: in any interval; `fixed`: in each of intervals that follow one another. */
  readonly window: 'fixed' | 'sliding';
  /** Jobs that still run when a fixed interval begins count in it. */
  readonly carriesOver: boolean;
}

/** How many jobs may start in a time. It calls `onRoom` when there is room again for jobs that wait. */
export class StartLimit {
  private starts: number[] = []; // sliding: of the last interval
  private count = 0; // fixed: in the window that ends at `windowEnd`
  private windowEnd = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** A job was told that all starts are taken, and waits for `onRoom`. */
  private hasRefused = false;
  private delays = 0;
  private delayedFrom = 0; // sliding: starts that are counted before are real

  constructor(
    private readonly options: StartLimitOptions,
    private readonly running: () => number,
    private readonly onRoom: () => void,
  ) {}

  get isEndless(): boolean {
    return this.options.cap === Number.POSITIVE_INFINITY || this.options.intervalMs === 0;
  }

  /** Whether all starts of the interval are taken. */
  get isReached(): boolean {
    if (this.isEndless) return false;
    this.observe();
    if (this.taken < this.options.cap) return false;
    this.hasRefused = true;
    return true;
  }

  started(): void {
    if (this.isEndless) return;
    const now = Date.now();
    this.observe();
    if (this.options.window === 'sliding') {
      this.starts.push(now);
      return;
    }
    if (this.windowEnd <= now) this.windowEnd = now + this.options.intervalMs;
    this.count += 1;
  }

  /** A start that came to nothing. */
  takenBack(): void {
    if (this.options.window === 'sliding') this.starts.pop();
    else if (this.count > 0) this.count -= 1;
  }

  /** What starts from now on is counted, but begins when all that was delayed goes on: intervals do not end until then. */
  delay(): void {
    if (this.isEndless) return;
    this.observe();
    this.unwatch();
    if (this.delays === 0) this.delayedFrom = this.starts.length;
    this.delays += 1;
  }

  goOn(): void {
    if (this.isEndless) return;
    this.delays -= 1;
    if (this.delays > 0) return;
    const now = Date.now();
    this.starts = this.starts.map((start, i) => (i < this.delayedFrom ? start : now));
    if (this.count > 0) this.windowEnd = now + this.options.intervalMs;
    this.onRoom();
  }

  /** Jobs wait: the end of the interval matters. */
  watch(): void {
    if (this.isEndless || this.delays > 0 || this.timer !== undefined) return;
    const now = Date.now();
    const due = this.options.window === 'sliding' ? this.slidingDue() : this.windowEnd;
    // The interval may have ended since a job was refused: nobody else would look again.
    if (due <= now && !this.hasRefused) return;
    this.timer = setTimeout(() => this.onTimer(), Math.max(0, due - now));
  }

  /** No job waits. */
  unwatch(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private get taken(): number {
    return this.options.window === 'sliding' ? this.starts.length : this.count;
  }

  private slidingDue(): number {
    return this.isReached ? this.starts[0]! + this.options.intervalMs : 0;
  }

  /** Forgets starts that are over. */
  private observe(): void {
    if (this.delays > 0) return;
    const now = Date.now();
    if (this.options.window === 'sliding') {
      const first = this.starts.findIndex((start) => now - start < this.options.intervalMs);
      if (first !== 0) this.starts = first < 0 ? [] : this.starts.slice(first);
    } else if (this.timer === undefined && this.windowEnd < now) {
      this.count = this.options.carriesOver ? this.running() : 0;
    }
  }

  private onTimer(): void {
    this.timer = undefined;
    this.hasRefused = false;
    if (this.options.window === 'fixed') {
      this.count = this.options.carriesOver ? this.running() : 0;
      this.windowEnd = Date.now() + this.options.intervalMs; // intervals follow one another while jobs wait
    }
    this.onRoom();
  }
}
