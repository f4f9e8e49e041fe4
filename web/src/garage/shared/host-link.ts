import { ParkingLotError } from '../../errors.js';
import { arrivedError } from '../../shared-lot/carried-error.js';
import type { Envelope } from '../../shared-lot/protocol.js';
import { watchAliveLock } from '../../worker/alive-lock.js';
import { workerError } from '../../worker-error.js';
import type { HostEvents, HostSetup } from './host.js';
import type { HostOrder, HostReport, VisitorMessage } from './protocol.js';

/** A realm's own host, in the realm itself or in a worker of its own. */
export interface HostLink {
  hear(envelope: Envelope<VisitorMessage>): void;
  /** Resolves when it has answered what it has heard, and given the lead back. Calling it again does no harm. */
  close(): Promise<void>;
}

/** One that hangs is ended by force, and the next owner makes good what it left. */
const closingMs = 5_000;

/**
 * The host of a page lives in a worker: only dedicated workers write to files of the origin, and no browser slows down
 * their timers when the page is hidden.
 */
export class WorkerHost implements HostLink {
  private worker: Worker;
  private unwatch: () => void = () => undefined;
  private isBroken = false;
  private closed: (() => void) | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly setup: HostSetup,
    private readonly events: HostEvents,
  ) {
    this.worker = this.start();
  }

  hear(envelope: Envelope<VisitorMessage>): void {
    this.order({ say: 'to owner', envelope });
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private start(): Worker {
    // Without a name: bundlers would make it the name of a file.
    const worker = new Worker(new URL('./garage-worker.js', import.meta.url), { type: 'module' });
    worker.addEventListener('message', (event) => this.report(event.data as HostReport));
    worker.addEventListener('error', (event) => this.broke(event));
    worker.postMessage({ say: 'open', setup: this.setup } satisfies HostOrder);
    return worker;
  }

  private report(report: HostReport): void {
    switch (report.say) {
      case 'alive':
        // A worker may be ended for want of memory: another one takes its place.
        this.unwatch = watchAliveLock(report.lock, () => {
          this.worker.terminate();
          this.worker = this.start();
        });
        break;
      case 'received':
        this.events.received(report.envelope);
        break;
      case 'failed':
        this.events.failed(arrivedError(report.error));
        break;
      case 'leaderless':
        this.events.leaderless(arrivedError(report.error));
        break;
      case 'closed':
        this.closed?.();
        break;
    }
  }

  private broke(event: ErrorEvent): void {
    event.preventDefault();
    this.isBroken = true;
    const cause = workerError(event);
    const message = `The worker that hosts the garages (garage-worker.js) has failed: ${cause.message}`;
    const error = new ParkingLotError('unavailable', message, { cause });
    this.events.failed(error);
    this.events.leaderless(error);
    this.closed?.();
  }

  private async end(): Promise<void> {
    this.unwatch();
    if (!this.isBroken) {
      await new Promise<void>((resolve) => {
        this.closed = resolve;
        setTimeout(resolve, closingMs);
        this.order({ say: 'close' });
      });
    }
    this.worker.terminate();
  }

  private order(message: HostOrder): void {
    this.worker.postMessage(message);
  }
}
