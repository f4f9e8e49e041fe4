import { ParkingLotError } from './errors.js';
import { Slots } from './slots.js';
import { failureFrom, storedFailure, storedText } from './stored-value.js';
import type { Core } from './wasm/core.js';

/** A result as the core's texts name it: a place in the table, or what is stored. */
export type RawResult = number | { stored: unknown } | { unreadable: true };

/** Stands for a result that was stored and whose bytes are lost. */
export const unreadable: unique symbol = Symbol('unreadable');

/** Ids of stored bytes lie above those of places; see `is_stored` in `wasm/storage.h`. */
const leastStoredHigh = 256;
const wordSize = 0x1_0000_0000;

/**
 * What runs returned, and what they failed with. Of volatile pools in a table of this realm; of pools whose tasks or
 * outcomes are durable as JSON with the core's storage.
 */
export class Results {
  private readonly table = new Slots<unknown>();
  /** By pool: -1, or the most bytes that are stored. */
  private readonly mostBytes: number[] = [];

  constructor(private readonly core: Core) {}

  /** Results of this pool are to be stored. */
  storeFor(pool: number, mostBytes: number): void {
    this.mostBytes[pool] = mostBytes;
  }

  /** Keeps a result and answers its number; throws a ParkingLotError for one that cannot be stored. */
  keep(pool: number, result: unknown): number {
    if (result === undefined) return 0;
    const most = this.mostBytes[pool];
    if (most === undefined) return this.table.add(result);
    const text = storedText('result', result);
    const tooLarge = text.length > most || (text.length * 3 > most && bytesIn(text) > most);
    if (tooLarge) throw new ParkingLotError('output_too_large', `result: has more than ${most} bytes`);
    return this.core.keep(text);
  }

  keepFailure(pool: number, error: unknown): number {
    if (error === undefined) return 0;
    if (this.mostBytes[pool] === undefined) return this.table.add(error);
    return this.core.keep(storedFailure(error));
  }

  remove(place: number): void {
    this.table.remove(place);
  }

  /** By the two words of an entry; `unreadable` if it is lost. */
  at(low: number, high: number, how: 'result' | 'failure'): unknown {
    if (high < leastStoredHigh) return this.table.at(low);
    const text = this.core.kept(high * wordSize + (low >>> 0));
    if (text === undefined) return unreadable;
    return revived(JSON.parse(text), how);
  }

  of(raw: RawResult | undefined, how: 'result' | 'failure'): unknown {
    if (raw === undefined) return undefined;
    if (typeof raw === 'number') return this.table.at(raw);
    return 'stored' in raw ? revived(raw.stored, how) : unreadable;
  }
}

function revived(value: unknown, how: 'result' | 'failure'): unknown {
  return how === 'failure' ? failureFrom(value) : value;
}

function bytesIn(text: string): number {
  return new TextEncoder().encode(text).length;
}
