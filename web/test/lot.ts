import type { TestContext } from 'node:test';
import {
  type Handler,
  type LotConfig,
  type OpenOptions,
  ParkingLot,
  type TaskContext,
} from 'prometheus-parking-lot';
import { type ManualClock, manualClock } from 'prometheus-parking-lot/testing';

// biome-ignore lint/suspicious/noExplicitAny: handlers of any payload
type AnyHandlers = Record<string, Handler<any, any>>;

/** A lot on a clock that stands still, closed when the test ends. */
export async function openLot<const C extends LotConfig, H extends AnyHandlers = Record<never, never>>(
  context: TestContext,
  config: C,
  options: OpenOptions<H> = {},
): Promise<{ lot: ParkingLot<C, H>; clock: ManualClock }> {
  const clock = manualClock();
  const lot = await ParkingLot.open(config, { clock, entropy: [1n, 2n], ...options });
  context.after(() => lot.close());
  return { lot, clock };
}

/** A task whose end is in the test's hand. */
export class Gate<Result = unknown> {
  readonly calls: {
    payload: unknown;
    context: TaskContext;
    resolve(value: Result): void;
    reject(error: unknown): void;
  }[] = [];

  readonly handler = (payload: unknown, context: TaskContext): Promise<Result> =>
    new Promise((resolve, reject) => {
      this.calls.push({ payload, context, resolve, reject });
    });

  /** The same for `pool.run`. */
  readonly fn = (context: TaskContext): Promise<Result> => this.handler(undefined, context);
}

/** What a promise has come to without further waiting. */
export async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'resolved' | 'rejected'> {
  const pending = Symbol();
  try {
    return (await Promise.race([promise, Promise.resolve(pending)])) === pending ? 'pending' : 'resolved';
  } catch {
    return 'rejected';
  }
}
