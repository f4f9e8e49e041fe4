import { readMessage } from './protocol.js';

/** Carries messages both ways between a lot and a page, each way in order. */
export interface Line<Out> {
  /** Throws if the message cannot be cloned. */
  post(message: Out): void;
  close(): void;
}

export interface LineListener<In> {
  received(message: In): void;
  /** A message came that this realm cannot read; nobody can tell which one. */
  unreadable(): void;
  /** The other end is gone, or has closed it. */
  ended(): void;
}

export type LineOpener<Out, In> = (listener: LineListener<In>) => Line<Out>;

/** A line over a port of a MessageChannel. */
export function overPort<Out, In extends { readonly parkingLot: string }>(
  port: MessagePort,
): LineOpener<Out, In> {
  return (listener) => {
    port.addEventListener('message', (event: MessageEvent) => {
      const message = readMessage<In>(event.data);
      if (message !== undefined) listener.received(message);
    });
    port.addEventListener('messageerror', () => listener.unreadable());
    port.addEventListener('close', () => listener.ended());
    port.start();
    return { post: (message) => port.postMessage(message), close: () => port.close() };
  };
}
