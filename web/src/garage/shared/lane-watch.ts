import { ParkingLotError } from '../../errors.js';
import type { RawAnswer } from '../gate.js';
import type { Gatehouse } from '../gatehouse.js';
import type { Waiting } from './protocol.js';

interface Waiter extends Waiting {
  /** It stands in the lane: what ends that is seen here. */
  wasSeen: boolean;
  resolve(answer: RawAnswer): void;
  reject(error: unknown): void;
}

/** After that what cannot be told now is looked at again. */
const retryMs = 1_000;

/**
 * The vehicles that another owner has told to wait in the lane of a garage. Their places are in its journal, the promises
 * that wait for them are not: what became of a place is read off the ticket that its plate has.
 */
export class LaneWatch {
  private readonly waiters = new Set<Waiter>();
  private stop: (() => void) | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly gatehouse: Gatehouse) {}

  /** The answer to the `enter` of who waits: `admitted`, or `wait_expired`, or that nobody knows. */
  outcome(waiting: Waiting): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.waiters.add({ ...waiting, wasSeen: false, resolve, reject });
      // Whatever ends a place is a change of the lane.
      this.stop ??= this.gatehouse.listen(({ what }) => {
        if (what === 'lane' || what === 'storage') this.look();
      });
      this.look();
    });
  }

  /** One after the other, and never within the change that it is told of. */
  private look(): void {
    this.looking = this.looking.then(async () => {
      let lane: ReadonlySet<string> | undefined;
      const isInLane = (plate: string) => {
        lane ??= this.platesInLane();
        return lane.has(plate);
      };
      for (const waiter of [...this.waiters]) await this.lookFor(waiter, isInLane);
    });
  }

  /** The lane before the ticket: a vehicle that gets in between the two looks is found with the second. */
  private async lookFor(waiter: Waiter, isInLane: (plate: string) => boolean): Promise<void> {
    try {
      const { plate } = waiter;
      if (isInLane(plate)) {
        waiter.wasSeen = true;
        return;
      }
      const ticket = await this.ask({ do: 'ticket', plate }).catch(unless('unknown_ticket'));
      if (!ticket) throw this.goneWithoutTicket(waiter);
      this.end(waiter);
      const { ticket: id, number, spots, surge_percent = 100, version } = ticket;
      waiter.resolve({ answer: 'admitted', ticket: id, number, spots, surge_percent, version });
    } catch (error) {
      if (isPassing(error)) {
        this.gatehouse.clock.after(retryMs, () => this.look());
        return;
      }
      this.end(waiter);
      waiter.reject(error);
    }
  }

  private platesInLane(): ReadonlySet<string> {
    const lane = JSON.parse(this.gatehouse.look({ at: 'lane' })) as { plate: string }[];
    return new Set(lane.map(({ plate }) => plate));
  }

  private goneWithoutTicket({ plate, until, wasSeen }: Waiter): ParkingLotError {
    if (wasSeen || this.gatehouse.clock.wall() >= until)
      return new ParkingLotError(
        'wait_expired',
        'The place in the lane was given up before a spot was free.',
      );
    return new ParkingLotError('unconfirmed', lostInLane(plate));
  }

  private ask(command: object): Promise<RawAnswer> {
    return this.gatehouse.ask(JSON.stringify(command));
  }

  private end(waiter: Waiter): void {
    this.waiters.delete(waiter);
    if (this.waiters.size > 0) return;
    this.stop?.();
    this.stop = undefined;
  }
}

function lostInLane(plate: string): string {
  return (
    `The tab that had the garage has ended while ${plate} waited in the lane, and it is not there any more: ` +
    'look whether the plate has a ticket, then enter again.'
  );
}

function isPassing(error: unknown): boolean {
  return error instanceof ParkingLotError && ['busy', 'storage_unavailable'].includes(error.code);
}

/** Passes every refusal on but this one. */
function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof ParkingLotError && error.code === code) return undefined;
    throw error;
  };
}
