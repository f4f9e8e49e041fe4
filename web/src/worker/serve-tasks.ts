import { type AliveLock, holdAliveLock } from './alive-lock.js';
import { findHostPort, type HostPort } from './host-port.js';
import { type HostMessage, isHostMessage, reportError, type WorkerMessage } from './protocol.js';
import { type AnyTaskHandler, type TaskHandler, TaskRunner } from './task-runner.js';
import { type Transferables, takeTransferables } from './transfer.js';

let served = false;

/**
 * Serves the tasks of a pool in this worker: calls `handler` for each, until the worker ends. Call it once, at the top
 * level of a dedicated worker (module, or classic through `import()`) or of a Node worker thread.
 *
 * A handler may be synchronous. What it returns is the result, what it throws fails the attempt. An error that it
 * does not catch in a continuation of its own (an unhandled rejection, a throwing timer) fails the attempt too, and
 * the worker is replaced, because nobody knows what still runs in it.
 */
export function serveTasks<Payload, Result, Progress = unknown>(
  handler: TaskHandler<Payload, Result, Progress>,
): void {
  if (typeof handler !== 'function') throw new TypeError('serveTasks takes the function that runs a task');
  if (served) throw new Error('serveTasks was called twice: a worker has one handler');
  const port = findHostPort();
  served = true;
  serve(port, handler as AnyTaskHandler);
}

function serve(port: HostPort, handler: AnyTaskHandler): void {
  const post = (message: WorkerMessage, owned: Transferables = []): void => port.post(message, owned);
  const runner = new TaskRunner(handler, {
    running: (run) => post({ parkingLot: 'running', run }),
    progress: (run, value) => post({ parkingLot: 'progress', run, value }, takeTransferables(value)),
    usage: (run, units) => post({ parkingLot: 'usage', run, units }),
    finished: (run, result) => post({ parkingLot: 'finished', run, result }, takeTransferables(result)),
    failed: (run, error) => post({ parkingLot: 'failed', run, error: reportError(error) }),
  });

  port.onMessage((message) => {
    if (isHostMessage(message)) obey(message, runner, post);
  });
  port.onUnreadable(() => post({ parkingLot: 'unreadable' }));
  // Without a run the error is nobody's: it goes its usual way, to the console and to the host's `error` event.
  port.onUncaught((error) => {
    if (runner.running === 0) return 'not ours';
    post({ parkingLot: 'crashed', error: reportError(error) });
    return 'reported';
  });
  void holdAliveLock('worker').then((lock) => post(ready(lock)));
}

function obey(message: HostMessage, runner: TaskRunner, post: (message: WorkerMessage) => void): void {
  switch (message.parkingLot) {
    case 'start':
      runner.start({ ...message, id: message.run });
      break;
    case 'stop':
      runner.stop(message.run, message.reason);
      break;
    case 'ping':
      post({ parkingLot: 'pong' });
      break;
  }
}

function ready(lock: AliveLock | undefined): WorkerMessage {
  return lock === undefined ? { parkingLot: 'ready' } : { parkingLot: 'ready', lock: lock.name };
}
