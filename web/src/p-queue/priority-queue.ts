/** What the queue calls to start a job. */
export type RunFunction = () => Promise<unknown>;

export interface EnqueueOptions {
  readonly priority?: number;
  readonly id?: string;
}

/** What p-queue's option `queueClass` makes. */
export interface JobQueue {
  readonly size: number;
  enqueue(run: RunFunction, options?: EnqueueOptions): void;
  dequeue(): RunFunction | undefined;
  filter(options: { readonly priority?: number }): RunFunction[];
  setPriority(id: string, priority: number): void;
  /** By id. Without it a job whose signal aborts stays queued. */
  remove?(id: string): void;
}

interface Job {
  readonly run: RunFunction;
  readonly id: string | undefined;
}

/** Jobs of one priority, first in, first out. */
class Line {
  private readonly jobs: Job[] = [];
  private gone = 0;

  constructor(readonly priority: number) {}

  get size(): number {
    return this.jobs.length - this.gone;
  }
  get first(): Job {
    return this.jobs[this.gone]!;
  }
  get waiting(): readonly Job[] {
    return this.jobs.slice(this.gone);
  }

  push(job: Job): void {
    this.jobs.push(job);
  }

  shift(): Job {
    const job = this.jobs[this.gone]!;
    this.gone += 1;
    // What has gone is cut off now and then, so that a job costs the same however many wait.
    if (this.gone > 100 && this.gone > this.jobs.length / 2) {
      this.jobs.splice(0, this.gone);
      this.gone = 0;
    }
    return job;
  }

  take(isMeant: (job: Job) => boolean): Job | undefined {
    const place = this.jobs.findIndex((job, index) => index >= this.gone && isMeant(job));
    return place < 0 ? undefined : this.jobs.splice(place, 1)[0];
  }
}

/** Jobs by priority, the greater first, and in one priority in the order of their coming. O(1) among few priorities. */
export class PriorityQueue implements JobQueue {
  private readonly lines: Line[] = []; // greatest priority first, none empty
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The one that `dequeue` would give. */
  get first(): RunFunction | undefined {
    return this.lines[0]?.first.run;
  }

  enqueue(run: RunFunction, { priority = 0, id }: EnqueueOptions = {}): void {
    this.lineOf(priority).push({ run, id });
    this.count += 1;
  }

  dequeue(): RunFunction | undefined {
    const [first] = this.lines;
    if (!first) return undefined;
    const { run } = first.shift();
    this.count -= 1;
    if (first.size === 0) this.lines.shift();
    return run;
  }

  filter({ priority }: { readonly priority?: number }): RunFunction[] {
    const line = this.lines.find((each) => each.priority === priority);
    return line ? line.waiting.map((job) => job.run) : [];
  }

  /** The job joins the end of its new priority. */
  setPriority(id: string, priority: number): void {
    const job = this.take((each) => each.id === id);
    if (!job) throw new ReferenceError(`No promise function with the id "${id}" exists in the queue.`);
    this.enqueue(job.run, { priority, id });
  }

  remove(idOrRun: string | RunFunction): void {
    this.take((job) => (typeof idOrRun === 'string' ? job.id === idOrRun : job.run === idOrRun));
  }

  private take(isMeant: (job: Job) => boolean): Job | undefined {
    for (const [place, line] of this.lines.entries()) {
      const job = line.take(isMeant);
      if (!job) continue;
      this.count -= 1;
      if (line.size === 0) this.lines.splice(place, 1);
      return job;
    }
    return undefined;
  }

  private lineOf(priority: number): Line {
    let low = 0;
    let high = this.lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.lines[middle]!.priority > priority) low = middle + 1;
      else high = middle;
    }
    const found = this.lines[low];
    if (found?.priority === priority) return found;
    const line = new Line(priority);
    this.lines.splice(low, 0, line);
    return line;
  }
}
