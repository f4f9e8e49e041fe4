import { type AliveLock, holdAliveLock } from '../../worker/alive-lock.js';
import type { ExecutorFactory } from '../executor.js';
import { type WorkerSource, workerExecutor } from '../workers/worker-executor.js';
import { LentExecutors } from './lent-executors.js';
import { overPort } from './line.js';
import { type Announcement, readMessage } from './protocol.js';

/** A shared worker, the page's `navigator.serviceWorker`, or a port whose other end a `ConnectedPages` listens to. */
export type DelegationTarget = SharedWorker | ServiceWorkerContainer | MessagePort;

export interface DelegatedWorkers {
  /** Takes the workers back: their runs end by force and are repeated elsewhere. Never rejects. */
  close(): Promise<void>;
}

/**
 * Lends this page's workers to the lot in a shared or service worker, which has none of its own. Resolves when the page
 * has announced itself (to a service worker: when one is active); the lot uses the workers from then on, until `close`
 * or the end of the page. A service worker that is ended and started again, or replaced by a new version, is found anew.
 */
export async function serveDelegatedWorkers(
  target: DelegationTarget,
  workers: Readonly<Record<string, WorkerSource>>,
): Promise<DelegatedWorkers> {
  const factories = new Map(
    Object.entries(workers).map(([pool, source]) => [pool, workerExecutor(source, `workers.${pool}`)]),
  );
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
  private connection: LentExecutors | undefined;
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
      this.connection = new LentExecutors(overPort(channel.port1), this.factories, {
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
