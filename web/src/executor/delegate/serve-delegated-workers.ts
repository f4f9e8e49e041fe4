import { type AliveLock, holdAliveLock } from '../../worker/alive-lock.js';
import { reportError } from '../../worker/protocol.js';
import type {
  Executor,
  ExecutorClock,
  ExecutorEvents,
  ExecutorFactory,
  Run,
  RunFailure,
} from '../executor.js';
import { type WorkerSource, workerExecutor } from '../workers/worker-executor.js';
import { type Announcement, type LotMessage, type PageMessage, readMessage } from './protocol.js';

/** A shared worker, the page's `navigator.serviceWorker`, or a port whose other end a `ConnectedPages` listens to. */
export type DelegationTarget = SharedWorker | ServiceWorkerContainer | MessagePort;

export interface DelegatedWorkers {
  /** Takes the workers back: their runs end by force and are repeated elsewhere. Never rejects. */
  close(): Promise<void>;
}

const stayAwakeMs = 10_000;

/**
 * Lends this page's workers to the lot in a shared or service worker, which has none of its own. Resolves when the page
 * has announced itself (to a service worker: when one is active); the lot uses the workers from then on, until `close`
 * or the end of the page. A service worker that is ended and started again, or replaced by a new version, is found anew.
 */
export async function serveDelegatedWorkers(
  target: DelegationTarget,
  workers: Readonly<Record<string, WorkerSource>>,
): Promise<DelegatedWorkers> {
  const factories = new Map(Object.entries(workers).map(([pool, source]) => [pool, workerExecutor(source)]));
  const lock = await holdAliveLock('page');
  const lending = new Lending(announcerOf(target), factories, lock);
  if ('controller' in target) followServiceWorker(target, lending);
  await lending.connect();
  return lending;
}

/** How a target takes an announcement. */
type Announcer = (message: Announcement, ports: MessagePort[]) => Promise<void> | void;

function announcerOf(target: DelegationTarget): Announcer {
  if ('controller' in target) {
    return async (message, ports) => (await target.ready).active?.postMessage(message, ports);
  }
  if ('port' in target) {
    target.port.start();
    return (message, ports) => target.port.postMessage(message, ports);
  }
  return (message, ports) => target.postMessage(message, ports);
}

function followServiceWorker(container: ServiceWorkerContainer, lending: Lending): void {
  let connectedTo: Promise<ServiceWorker | null> = container.ready.then(({ active }) => active);
  container.addEventListener('message', (event) => {
    if (readMessage(event.data)?.parkingLot === 'pages wanted') void lending.connect();
  });
  // The first worker that claims this page changes the controller too, and is connected already.
  container.addEventListener('controllerchange', async () => {
    const before = await connectedTo;
    connectedTo = container.ready.then(({ active }) => active);
    if ((await connectedTo) !== before) void lending.connect();
  });
  container.startMessages();
}

/** What this page lends, over at most one connection at a time. */
class Lending implements DelegatedWorkers {
  private connection: Connection | undefined;
  private changing: Promise<void> = Promise.resolve();

  constructor(
    private readonly announce: Announcer,
    private readonly factories: ReadonlyMap<string, ExecutorFactory>,
    private readonly lock: AliveLock | undefined,
  ) {}

  /** The workers of the old connection are dead before the new one offers any: units are never used twice. */
  connect(): Promise<void> {
    return this.change(async () => {
      const channel = new MessageChannel();
      this.connection = new Connection(channel.port1, this.factories, {
        connectAgain: () => void this.connect(),
        stayAwake: () => void this.announce({ parkingLot: 'stay awake' }, []),
      });
      const pools = [...this.factories.keys()];
      const lock = this.lock === undefined ? {} : { lock: this.lock.name };
      await this.announce({ parkingLot: 'connect', pools, ...lock }, [channel.port2]);
    });
  }

  close(): Promise<void> {
    return this.change(async () => this.lock?.release());
  }

  private change(next: () => Promise<void>): Promise<void> {
    const change = this.changing.then(async () => {
      await this.connection?.close();
      this.connection = undefined;
      await next();
    });
    // One change that fails must not take the later ones with it.
    this.changing = change.catch(() => undefined);
    return change;
  }
}

interface ConnectionEvents {
  connectAgain(): void;
  stayAwake(): void;
}

const pageClock: ExecutorClock = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** One port to the lot and the executors that serve it. */
class Connection {
  private readonly executors = new Map<string, Executor>();
  private readonly runs = new Map<number, Run>();
  private cancelAwake: (() => void) | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly factories: ReadonlyMap<string, ExecutorFactory>,
    private readonly events: ConnectionEvents,
  ) {
    port.addEventListener('message', (event: MessageEvent) => {
      const message = readMessage<LotMessage>(event.data);
      if (message !== undefined) void this.obey(message);
    });
    // The lot is gone, and nobody else can end what still runs for it.
    port.addEventListener('close', () => void this.close());
    port.start();
  }

  async close(): Promise<void> {
    this.runs.clear();
    this.cancelAwake?.();
    const executors = [...this.executors.values()];
    this.executors.clear();
    await Promise.all(executors.map((executor) => executor.close()));
    this.post({ parkingLot: 'bye' });
    this.port.close();
  }

  private async obey(message: LotMessage): Promise<void> {
    switch (message.parkingLot) {
      case 'open pool':
        this.open(message);
        break;
      case 'close pool':
        await this.closePool(message.pool);
        break;
      case 'start':
        this.start(message.run);
        break;
      case 'stop': {
        const run = this.runs.get(message.run);
        if (run !== undefined) this.executors.get(run.pool)?.stop(run, message.reason);
        break;
      }
      case 'connect again':
        this.events.connectAgain();
        break;
    }
  }

  private open(message: Extract<LotMessage, { parkingLot: 'open pool' }>): void {
    const factory = this.factories.get(message.pool);
    if (factory === undefined || this.executors.has(message.pool)) return;
    const { pool, maxUnits, heartbeatMs, killGraceMs } = message;
    const options = { pool, maxUnits, heartbeatMs, killGraceMs, clock: pageClock };
    this.executors.set(pool, factory(this.eventsOf(pool), options));
  }

  private async closePool(pool: string): Promise<void> {
    for (const [id, run] of this.runs) {
      if (run.pool === pool) this.runs.delete(id);
    }
    const executor = this.executors.get(pool);
    this.executors.delete(pool);
    await executor?.close();
    this.post({ parkingLot: 'pool closed', pool });
  }

  private start(run: Run): void {
    const executor = this.executors.get(run.pool);
    if (executor === undefined) {
      const error = reportError(new Error(`this page has no workers for pool ${run.pool}`));
      this.post({ parkingLot: 'failed', run: run.id, error, reason: 'executor_failed', unitsFreed: true });
      return;
    }
    this.runs.set(run.id, run);
    executor.start(run);
    this.keepAwake();
  }

  private keepAwake(): void {
    if (this.cancelAwake !== undefined || this.runs.size === 0) return;
    this.cancelAwake = pageClock.after(stayAwakeMs, () => {
      this.cancelAwake = undefined;
      if (this.runs.size > 0) this.events.stayAwake();
      this.keepAwake();
    });
  }

  private eventsOf(pool: string): ExecutorEvents {
    const load = (): number => [...this.runs.values()].filter((run) => run.pool === pool).length;
    const isLive = (run: Run): boolean => this.runs.get(run.id) === run;
    const ofRun = (run: Run, message: PageMessage): void => {
      if (isLive(run)) this.post(message);
    };
    const failed = (run: Run, error: unknown, reason: RunFailure, unitsFreed: boolean): void => {
      ofRun(run, { parkingLot: 'failed', run: run.id, error: reportError(error), reason, unitsFreed });
      if (isLive(run)) this.runs.delete(run.id);
    };
    return {
      credits: (n) => this.post({ parkingLot: 'places', pool, places: n + load() }),
      running: (run) => ofRun(run, { parkingLot: 'running', run: run.id }),
      heartbeat: (run) => ofRun(run, { parkingLot: 'heartbeat', run: run.id }),
      progress: (run, value) => {
        try {
          ofRun(run, { parkingLot: 'progress', run: run.id, value });
        } catch {
          // It came here by transfer and cannot be copied: progress is worth nothing more.
        }
      },
      usage: (run, units) => ofRun(run, { parkingLot: 'usage', run: run.id, units }),
      finished: (run, result) => {
        try {
          ofRun(run, { parkingLot: 'finished', run: run.id, result });
          if (isLive(run)) this.runs.delete(run.id);
        } catch (error) {
          const why = new TypeError(
            `the result of task ${run.taskId} cannot leave its page: ${String(error)}`,
          );
          failed(run, why, 'task_failed', true);
        }
      },
      failed,
    };
  }

  private post(message: PageMessage): void {
    this.port.postMessage(message);
  }
}
