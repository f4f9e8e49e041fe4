import type { WorkerMessage } from './protocol.js';
import type { Transferables } from './transfer.js';

/** The worker's end of the channel to its host, the same for browsers and Node. */
export interface HostPort {
  post(message: WorkerMessage, owned: Transferables): void;
  onMessage(receive: (message: unknown) => void): void;
  /** A message came that could not be deserialised. */
  onUnreadable(receive: () => void): void;
  /** An error that nobody caught; `reported` keeps it from going its usual way. */
  onUncaught(receive: (error: unknown) => 'reported' | 'not ours'): void;
}

interface BrowserWorkerScope {
  postMessage(message: unknown, transfer: readonly object[]): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'messageerror', listener: () => void): void;
  addEventListener(
    type: 'error',
    listener: (event: UncaughtEvent & { error: unknown; message: string }) => void,
  ): void;
  addEventListener(
    type: 'unhandledrejection',
    listener: (event: UncaughtEvent & { reason: unknown }) => void,
  ): void;
}

interface UncaughtEvent {
  preventDefault(): void;
}

interface NodeParentPort {
  postMessage(message: unknown, transfer: readonly object[]): void;
  on(type: 'message', listener: (message: unknown) => void): void;
  on(type: 'messageerror', listener: () => void): void;
}

interface NodeProcess {
  getBuiltinModule?(name: 'node:worker_threads'): { parentPort: NodeParentPort | null };
  on(type: 'uncaughtException', listener: (error: unknown) => void): void;
}

/** Throws where there is no host: in a page, in a shared or service worker, in Node's main thread. */
export function findHostPort(): HostPort {
  const scope = globalThis as {
    process?: NodeProcess;
    DedicatedWorkerGlobalScope?: unknown;
    document?: unknown;
  };
  const parentPort = scope.process?.getBuiltinModule?.('node:worker_threads').parentPort;
  if (parentPort != null) return new NodePort(parentPort, scope.process as NodeProcess);
  if (typeof scope.DedicatedWorkerGlobalScope === 'function' && scope.document === undefined) {
    return new BrowserPort(globalThis as unknown as BrowserWorkerScope);
  }
  throw new Error(
    'serveTasks runs in a dedicated worker or a Node worker thread, and this is neither. Give its URL to a worker ' +
      'factory, as in { workers: { pool: () => new Worker(url, { type: "module" }) } }',
  );
}

class BrowserPort implements HostPort {
  constructor(private readonly scope: BrowserWorkerScope) {}

  post(message: WorkerMessage, owned: Transferables): void {
    this.scope.postMessage(message, owned);
  }

  onMessage(receive: (message: unknown) => void): void {
    this.scope.addEventListener('message', (event) => receive(event.data));
  }

  onUnreadable(receive: () => void): void {
    this.scope.addEventListener('messageerror', receive);
  }

  onUncaught(receive: (error: unknown) => 'reported' | 'not ours'): void {
    this.scope.addEventListener('error', (event) => {
      if (receive(event.error ?? new Error(event.message)) === 'reported') event.preventDefault();
    });
    this.scope.addEventListener('unhandledrejection', (event) => {
      if (receive(event.reason) === 'reported') event.preventDefault();
    });
  }
}

class NodePort implements HostPort {
  constructor(
    private readonly port: NodeParentPort,
    private readonly thread: NodeProcess,
  ) {}

  post(message: WorkerMessage, owned: Transferables): void {
    this.port.postMessage(message, owned);
  }

  onMessage(receive: (message: unknown) => void): void {
    this.port.on('message', receive);
  }

  onUnreadable(receive: () => void): void {
    this.port.on('messageerror', receive);
  }

  onUncaught(receive: (error: unknown) => 'reported' | 'not ours'): void {
    // Unhandled rejections arrive here too, unless the thread has a listener of its own for them.
    this.thread.on('uncaughtException', (error) => {
      // Having a listener is what keeps the thread alive; an error that is nobody's must end it as usual.
      if (receive(error) === 'not ours') queueMicrotask(() => rethrow(this.thread, error));
    });
  }
}

function rethrow(thread: NodeProcess, error: unknown): never {
  (thread as unknown as { removeAllListeners(type: string): void }).removeAllListeners('uncaughtException');
  throw error;
}
