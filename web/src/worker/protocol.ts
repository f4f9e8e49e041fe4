/**
 * What a host and its task workers say to each other. Every message is an object whose `parkingLot` property names
 * it, so that a worker's own messages can share the channel: whatever lacks that property is ignored by both sides.
 *
 * A worker says `ready` once, then answers every `start` with `running` and with exactly one `finished` or `failed`,
 * unless it dies or says `crashed`, which speaks for all its runs.
 */

/** An error as it crosses a realm boundary: structured clone loses subclasses and own properties of errors. */
export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

export type HostMessage =
  | {
      readonly parkingLot: 'start';
      readonly run: number;
      readonly taskId: string;
      readonly attempt: number;
      readonly units: number;
      readonly payload: unknown;
    }
  | { readonly parkingLot: 'stop'; readonly run: number; readonly reason: string }
  | { readonly parkingLot: 'ping' };

export type WorkerMessage =
  /** `lock` names the Web Lock that the worker holds as long as it lives; absent where there are no Web Locks. */
  | { readonly parkingLot: 'ready'; readonly lock?: string }
  | { readonly parkingLot: 'running'; readonly run: number }
  | { readonly parkingLot: 'progress'; readonly run: number; readonly value: unknown }
  | { readonly parkingLot: 'usage'; readonly run: number; readonly units: number }
  | { readonly parkingLot: 'finished'; readonly run: number; readonly result: unknown }
  | { readonly parkingLot: 'failed'; readonly run: number; readonly error: ErrorReport }
  /** An error that no task caught: the worker's state is unknown, it wants to be replaced. */
  | { readonly parkingLot: 'crashed'; readonly error: ErrorReport }
  /** A `start` came whose payload this realm cannot deserialise. */
  | { readonly parkingLot: 'unreadable' }
  | { readonly parkingLot: 'pong' };

/** What names itself a message of the protocol; `isWellFormed` tells whether it is one. */
export function isWorkerMessage(value: unknown): value is WorkerMessage {
  return isProtocolMessage(value);
}

/** False for what only another version of `serveTasks`, or none at all, would send. */
export function isWellFormed(message: WorkerMessage): boolean {
  switch (message.parkingLot) {
    case 'ready':
      return message.lock === undefined || typeof message.lock === 'string';
    case 'usage':
      return Number.isSafeInteger(message.units) && message.units >= 0;
    case 'failed':
    case 'crashed':
      return typeof message.error?.message === 'string' && typeof message.error.name === 'string';
    default:
      return true;
  }
}

export function isHostMessage(value: unknown): value is HostMessage {
  return isProtocolMessage(value);
}

function isProtocolMessage(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { parkingLot?: unknown }).parkingLot === 'string'
  );
}

/** Anything may be thrown, also what throws when it is read; what arrives is always a name and a message. */
export function reportError(thrown: unknown): ErrorReport {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
      const { name, message, stack } = thrown as Partial<Error>;
      return {
        name: typeof name === 'string' && name !== '' ? name : 'Error',
        message: String(message),
        ...(typeof stack === 'string' ? { stack } : {}),
      };
    }
    const text = typeof thrown === 'object' ? JSON.stringify(thrown) : undefined;
    // Maps and their like have nothing that JSON would tell.
    return { name: 'Error', message: text === undefined || text === '{}' ? String(thrown) : text };
  } catch {
    return { name: 'Error', message: 'a value that cannot be shown was thrown' };
  }
}

/** The error of the other realm, with its own name and stack, as an `Error` of this one. */
export function reviveError(report: ErrorReport): Error {
  const error = new Error(report.message);
  Object.defineProperty(error, 'name', { value: report.name, configurable: true, writable: true });
  if (report.stack !== undefined) {
    Object.defineProperty(error, 'stack', { value: report.stack, configurable: true, writable: true });
  }
  return error;
}
