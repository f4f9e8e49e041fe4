import type { ParkingLotError } from './errors.js';
import type { EndWords } from './outcome.js';

/** What the core was told to do under one number of a submission, and who waits for it. */
export interface Submission {
  /** Its caller has its answer; what the core says from now on concerns nobody. */
  settled: boolean;
  readonly payload: unknown;
  /** The core admitted it, or joined it to a task that it has already. */
  admitted(receipt: ReceiptWords): void;
  refused(error: ParkingLotError): void;
  /** The task has ended. */
  ended(end: EndWords): void;
  /** The lot was closed, or its core broke. */
  abandoned(error: ParkingLotError): void;
}

/** The words of an admission as they come out of the core. */
export interface ReceiptWords {
  slot: number;
  generation: number;
  status: number;
  reason: number;
  /** Parked tasks that leave before it, plus one; 0: it is not parked. */
  position: number;
  joined: boolean;
}
