import type { ErrorReport } from '../../worker/protocol.js';
import type { Run, RunFailure } from '../executor.js';

/**
 * What a lot in a shared or service worker and the pages that lend it their workers say to each other. A page sends
 * `connect` with a fresh port to the worker; everything about runs then goes over that port. Messages are told from
 * the application's own by their `parkingLot` property.
 */

/** From a page to the shared or service worker itself. */
export type Announcement =
  /** With a port. `lock` names the Web Lock that the page holds as long as it lives. */
  | { readonly parkingLot: 'connect'; readonly pools: readonly string[]; readonly lock?: string }
  /** A service worker lives only as long as events reach it, and messages on a port are none. */
  | { readonly parkingLot: 'stay awake' };

/** From a service worker that has just been started to its pages, which should connect (again). */
export interface PagesWanted {
  readonly parkingLot: 'pages wanted';
}

/** From the lot to a page, over the port. */
export type LotMessage =
  | {
      readonly parkingLot: 'open pool';
      readonly pool: string;
      readonly maxUnits: number;
      readonly heartbeatMs: number;
      readonly killGraceMs: number;
    }
  | { readonly parkingLot: 'close pool'; readonly pool: string }
  | { readonly parkingLot: 'start'; readonly run: Run }
  | { readonly parkingLot: 'stop'; readonly run: number; readonly reason: string }
  /** The lot has given this connection up, with all its runs. */
  | { readonly parkingLot: 'connect again' };

/** From a page to the lot, over the port. */
export type PageMessage =
  /** All places for a pool's runs in this page, free or not: a number that no message under way can falsify. */
  | { readonly parkingLot: 'places'; readonly pool: string; readonly places: number }
  | { readonly parkingLot: 'running' | 'heartbeat'; readonly run: number }
  | { readonly parkingLot: 'progress'; readonly run: number; readonly value: unknown }
  | { readonly parkingLot: 'usage'; readonly run: number; readonly units: number }
  | { readonly parkingLot: 'finished'; readonly run: number; readonly result: unknown }
  | {
      readonly parkingLot: 'failed';
      readonly run: number;
      readonly error: ErrorReport;
      readonly reason: RunFailure;
      readonly unitsFreed: boolean;
    }
  | { readonly parkingLot: 'pool closed'; readonly pool: string }
  /** The page lends its workers no more; those that it lent are dead. */
  | { readonly parkingLot: 'bye' };

/** The message, if it is one of this protocol; the sender's build is the receiver's, so its shape is trusted. */
export function readMessage<Message extends { readonly parkingLot: string }>(
  value: unknown,
): Message | undefined {
  const named = typeof value === 'object' && value !== null && 'parkingLot' in value;
  return named ? (value as Message) : undefined;
}
