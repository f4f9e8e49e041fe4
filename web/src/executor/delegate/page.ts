import { watchAliveLock } from '../../worker/alive-lock.js';
import { reviveError } from '../../worker/protocol.js';
import type { ExecutorEvents, ExecutorOptions, Run } from '../executor.js';
import type { Line, LineOpener } from './line.js';
import type { LotMessage, PageMessage } from './protocol.js';

export interface PageEvents {
  /** It has more or fewer places than before. */
  placesChanged(page: Page, pool: string): void;
  poolClosed(page: Page, pool: string): void;
  /** It is gone; its runs have been reported as lost. */
  gone(page: Page): void;
}

interface LentRun {
  readonly run: Run;
  readonly events: ExecutorEvents;
}

/**
 * A page that lends its workers, as the lot sees it.
 *
 * Invariant: every run given by `start` is reported exactly once as ended, by the page or, when that is gone, as lost.
 * A page's end is known by its Web Lock: its dedicated workers die with it, so the units of its runs are free. Where
 * there are no Web Locks the end of the port must do, and says nothing about the workers: units are quarantined.
 */
export class Page {
  private readonly runs = new Map<number, LentRun>();
  private readonly places = new Map<string, number>();
  private readonly line: Line<LotMessage>;
  private readonly unwatch: () => void;
  private state: 'here' | 'leaving' | 'gone' = 'here';

  constructor(
    openLine: LineOpener<LotMessage, PageMessage>,
    readonly pools: Set<string>,
    lock: string | undefined,
    private readonly events: PageEvents,
  ) {
    this.line = openLine({
      received: (message) => this.receive(message),
      // Nobody can tell whose message it was, so none of its runs can be waited for.
      unreadable: () => this.giveUp(),
      ended: () => {
        if (lock === undefined)
          this.leave(new Error('the page that ran it has closed its connection'), 'unknown');
        else this.stopOffering();
      },
    });
    const end = new Error('the page that ran it was closed');
    this.unwatch = lock === undefined ? () => undefined : watchAliveLock(lock, () => this.leave(end, 'free'));
  }

  /** Free places for runs of this pool; may be less than 0 for a moment. */
  free(pool: string): number {
    if (this.state !== 'here') return 0;
    return (this.places.get(pool) ?? 0) - this.load(pool);
  }

  openPool({ pool, maxUnits, heartbeatMs, killGraceMs }: ExecutorOptions): void {
    this.post({ parkingLot: 'open pool', pool, maxUnits, heartbeatMs, killGraceMs });
  }

  /** Answered by `poolClosed`, unless the page goes before. Nothing more is reported of the pool's runs. */
  closePool(pool: string): void {
    for (const [id, { run }] of this.runs) {
      if (run.pool === pool) this.runs.delete(id);
    }
    this.places.delete(pool);
    this.post({ parkingLot: 'close pool', pool });
  }

  start(run: Run, events: ExecutorEvents): void {
    const { id, taskId, pool, attempt, units, payload } = run;
    this.runs.set(id, { run, events });
    try {
      this.post({ parkingLot: 'start', run: { id, taskId, pool, attempt, units, payload } });
    } catch (error) {
      this.runs.delete(id);
      const why = new TypeError(`the payload of task ${taskId} cannot be sent to a page: ${String(error)}`);
      events.failed(run, why, 'task_failed', true);
    }
  }

  stop(run: Run, reason: string): void {
    if (this.runs.has(run.id)) this.post({ parkingLot: 'stop', run: run.id, reason });
  }

  /** It is known to be alive, and its runs with it. */
  beat(): void {
    for (const { run, events } of this.runs.values()) events.heartbeat(run);
  }

  private load(pool: string): number {
    let load = 0;
    for (const { run } of this.runs.values()) load += run.pool === pool ? 1 : 0;
    return load;
  }

  private post(message: LotMessage): void {
    this.line.post(message);
  }

  private receive(message: PageMessage): void {
    switch (message.parkingLot) {
      case 'places':
        this.places.set(message.pool, message.places);
        this.events.placesChanged(this, message.pool);
        break;
      case 'pool closed':
        this.events.poolClosed(this, message.pool);
        break;
      case 'bye':
        this.leave(new Error('the page that ran it has taken its workers back'), 'free');
        break;
      default:
        this.receiveOfRun(message);
    }
  }

  private receiveOfRun(message: Extract<PageMessage, { run: number }>): void {
    const lent = this.runs.get(message.run);
    if (lent === undefined) return;
    const { run, events } = lent;
    switch (message.parkingLot) {
      case 'running':
        events.running(run);
        break;
      case 'heartbeat':
        events.heartbeat(run);
        break;
      case 'progress':
        events.progress(run, message.value);
        break;
      case 'usage':
        events.usage(run, message.units);
        break;
      case 'finished':
        this.runs.delete(run.id);
        events.finished(run, message.result);
        break;
      case 'failed':
        this.runs.delete(run.id);
        events.failed(run, reviveError(message.error), message.reason, message.unitsFreed);
        break;
    }
  }

  /** Forgets the page without a word to it, and its runs without a report. */
  abandon(): void {
    this.state = 'gone';
    this.runs.clear();
    this.unwatch();
    this.line.close();
  }

  private giveUp(): void {
    if (this.state === 'gone') return;
    this.post({ parkingLot: 'connect again' });
    this.leave(new Error('the page that ran it sent a message that cannot be read here'), 'unknown');
  }

  /** The port has ended before the page's lock was freed: a page that is being closed. */
  private stopOffering(): void {
    if (this.state !== 'here') return;
    this.state = 'leaving';
    for (const pool of this.pools) this.events.placesChanged(this, pool);
  }

  private leave(error: Error, units: 'free' | 'unknown'): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.unwatch();
    this.line.close();
    const orphans = [...this.runs.values()];
    this.runs.clear();
    for (const { run, events } of orphans) events.failed(run, error, 'lost', units === 'free');
    this.events.gone(this);
  }
}
