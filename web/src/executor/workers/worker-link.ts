import type { HostMessage } from '../../worker/protocol.js';
import { workerError } from '../../worker-error.js';

/** A browser's `Worker`, as far as it is used here. */
export interface BrowserWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

/** A worker thread of `node:worker_threads`, as far as it is used here. */
export interface NodeWorker {
  postMessage(message: unknown): void;
  terminate(): Promise<unknown>;
  on(type: string, listener: (value: unknown) => void): unknown;
  ref(): void;
  unref(): void;
}

/** Makes a fresh worker whose script calls `serveTasks`. */
export type WorkerFactory = () => BrowserWorker | NodeWorker;

/** What a worker does of its own accord. Nothing is told twice, but `died` may follow `erred`. */
export interface LinkEvents {
  message(value: unknown): void;
  /** A message came that cannot be deserialised here. */
  unreadable(): void;
  /** An error that nothing in the worker caught, or its script could not be loaded. */
  erred(error: Error): void;
  /** It is certainly gone. Browsers tell this by the worker's Web Lock, not here. */
  died(error: Error): void;
}

/** One worker, the same for browsers and Node. */
export interface WorkerLink {
  /** Whether `died` comes at every end: in Node it does, in browsers it never does. */
  readonly tellsDeath: 'always' | 'never';
  /** Throws if the message cannot be cloned. */
  post(message: HostMessage): void;
  /** Ends it by force. Resolves when it is certainly dead; repeated calls do no harm. */
  terminate(): Promise<void>;
  /** In Node a worker keeps the process alive while it has work, and not while it waits warm. */
  keepProcess(alive: 'alive' | 'free'): void;
}

/** Throws what the factory throws, and if what it returns is no worker. */
export function linkWorker(factory: WorkerFactory, events: LinkEvents): WorkerLink {
  const worker = factory();
  if (isWorker(worker)) {
    if ('on' in worker && typeof worker.on === 'function') return linkNodeWorker(worker, events);
    if ('addEventListener' in worker) return linkBrowserWorker(worker, events);
  }
  throw new TypeError('the worker factory must return a new Worker; it returned something else');
}

function isWorker(value: unknown): value is BrowserWorker | NodeWorker {
  const worker = value as Partial<BrowserWorker> | null | undefined;
  return typeof worker?.postMessage === 'function' && typeof worker.terminate === 'function';
}

function linkBrowserWorker(worker: BrowserWorker, events: LinkEvents): WorkerLink {
  worker.addEventListener('message', (event: { data: unknown }) => events.message(event.data));
  worker.addEventListener('messageerror', () => events.unreadable());
  worker.addEventListener(
    'error',
    (event: { message?: string; filename?: string; lineno?: number } & Event) => {
      event.preventDefault();
      events.erred(workerError(event));
    },
  );
  return {
    tellsDeath: 'never',
    post: (message) => worker.postMessage(message),
    terminate: async () => worker.terminate(),
    keepProcess: () => undefined,
  };
}

function linkNodeWorker(worker: NodeWorker, events: LinkEvents): WorkerLink {
  worker.on('message', events.message);
  worker.on('messageerror', () => events.unreadable());
  worker.on('error', (error: unknown) =>
    events.erred(error instanceof Error ? error : new Error(String(error))),
  );
  worker.on('exit', (code: unknown) =>
    events.died(new Error(`the worker thread ended with exit code ${String(code)}`)),
  );
  return {
    tellsDeath: 'always',
    post: (message) => worker.postMessage(message),
    terminate: async () => {
      await worker.terminate();
    },
    keepProcess: (alive) => (alive === 'alive' ? worker.ref() : worker.unref()),
  };
}
