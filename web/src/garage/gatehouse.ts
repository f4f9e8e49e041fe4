import type { Clock, Timer } from '../clock.js';
import { ParkingLotError } from '../errors.js';
import type { RawGarages } from '../wasm/garages.js';
import type { Abort } from '../wasm/load.js';
import { camelCase, type GarageChange, shown } from './answers.js';
import type { GarageRefusal } from './codes.js';
import type { Gate, Look, RawAnswer } from './gate.js';

interface RawRefusal {
  code: GarageRefusal | 'invalid_request';
  message: string;
  field?: string;
  due?: number;
}

interface RawTraffic {
  replies?: { request: number; answer: RawAnswer }[];
  changes?: unknown[];
  /** Of the steady clock. */
  next?: number;
  error?: { where: string; message: string };
}

interface Asked {
  resolve(answer: RawAnswer): void;
  reject(error: ParkingLotError): void;
  waiting: ((answer: RawAnswer) => void) | undefined;
}

/** Of `storageState`. */
const fenced = 2;

/** What all garages of one module instance share: when it has stopped, all have. */
export interface Premises {
  readonly raw: RawGarages;
  readonly abort: Abort;
  readonly clock: Clock;
  /** Whether the module is the one with the journal. */
  readonly isStored: boolean;
  /** Ends all garages, as it was wanted or because nothing more can be answered. */
  stop(error: ParkingLotError): void;
  over(error: ParkingLotError): void;
}

/** The traffic with one garage of the module: commands in, each with its answer, and what is due in time. */
export class Gatehouse implements Gate {
  readonly listeners = new Set<(change: GarageChange) => void>();
  private readonly asked = new Map<number, Asked>();
  private requests = 0;
  private timer: Timer | undefined;
  private stopped: ParkingLotError | undefined;

  constructor(
    private readonly premises: Premises,
    private readonly index: number,
  ) {}

  get clock(): Clock {
    return this.premises.clock;
  }

  ask(command: string, waiting?: (answer: RawAnswer) => void): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.assertOpen();
      const request = ++this.requests;
      this.asked.set(request, { resolve, reject, waiting });
      const error = this.act(request, command);
      if (!error) return;
      this.asked.delete(request);
      reject(malformed(error));
    });
  }

  look(look: Look): string {
    switch (look.at) {
      case 'past':
        this.assertStored();
        return this.call((raw) => raw.past(this.index, look.time));
      case 'events':
        this.assertStored();
        return this.call((raw) => raw.events(this.index, look.until));
      case 'made-up day':
        return this.call((raw) => raw.madeUpDay(this.index, look.day, look.seed, look.what));
      default:
        // What is due is done first.
        this.tick();
        if (look.at !== 'figures') this.assertKnown();
        return this.call((raw) => raw.show(this.index, look.at));
    }
  }

  /** A sync has ended: there may be answers, or another owner. */
  synced(): void {
    if (this.stopped) return;
    if ((this.call((raw) => raw.storageState()) & fenced) !== 0) {
      const message = 'Another owner has taken over the store of the garages; open them again.';
      this.premises.over(new ParkingLotError('storage_unavailable', message));
      return;
    }
    this.tick();
  }

  listen(listener: (change: GarageChange) => void): () => void {
    this.listeners.add(listener);
    this.call((raw) => raw.watch(this.index, true));
    return () => {
      if (!this.listeners.delete(listener) || this.listeners.size > 0 || this.stopped) return;
      this.call((raw) => raw.watch(this.index, false));
    };
  }

  stop(error: ParkingLotError): void {
    if (this.stopped) return;
    this.stopped = error;
    this.timer?.cancel();
    for (const { reject } of this.asked.values()) reject(error);
    this.asked.clear();
    this.listeners.clear();
  }

  private readonly tick = (): void => {
    this.assertOpen();
    this.act(0, '{"do":"tick"}');
  };

  private act(request: number, command: string): RawTraffic['error'] {
    const { clock } = this.premises;
    const traffic = JSON.parse(
      this.call((raw) => raw.act(this.index, request, command, clock.wall(), clock.steady())),
    ) as RawTraffic;
    if (traffic.error) return traffic.error;
    for (const reply of traffic.replies!) this.hear(reply.request, reply.answer);
    this.arm(traffic.next);
    for (const change of traffic.changes!) {
      for (const listener of [...this.listeners]) listener(shown<GarageChange>(change));
    }
    return undefined;
  }

  private hear(request: number, answer: RawAnswer): void {
    const asked = this.asked.get(request);
    if (!asked) return;
    if (answer.answer === 'waiting') {
      asked.waiting?.(answer);
      return;
    }
    this.asked.delete(request);
    if (answer.answer === 'refused') asked.reject(refusal(answer as unknown as RawRefusal));
    else asked.resolve(answer);
  }

  /** Somebody who waits keeps a Node process alive; what merely expires does not. */
  private arm(next: number | undefined): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (next === undefined || this.stopped) return;
    const { clock } = this.premises;
    this.timer = clock.timer(Math.max(0, Math.ceil(next - clock.steady())), () => {
      if (!this.stopped) this.tick();
    });
    this.timer.hold(this.asked.size > 0);
  }

  /** What a garage has is not known while its journal is not read: an empty garage would be a lie. */
  private assertKnown(): void {
    if (!this.premises.isStored) return;
    const { storage } = JSON.parse(this.call((raw) => raw.show(this.index, 'figures'))) as {
      storage: string;
    };
    if (storage === 'open') return;
    const message = "The garage's storage is loading or failing; retry later.";
    throw new ParkingLotError('storage_unavailable', message);
  }

  private assertStored(): void {
    if (this.premises.isStored) return;
    const message = 'This garage lives in memory, where no past is kept; give it a storage in the config.';
    throw new ParkingLotError('unavailable', message);
  }

  private assertOpen(): void {
    if (this.stopped) throw this.stopped;
  }

  private call<T>(use: (raw: RawGarages) => T): T {
    this.assertOpen();
    try {
      return use(this.premises.raw);
    } catch (cause) {
      const why = this.premises.abort.reason ?? (cause instanceof Error ? cause.message : String(cause));
      const error = new ParkingLotError(
        'internal_error',
        `The garages' core stopped; open them anew, and please report this: ${why}`,
        { cause },
      );
      this.premises.over(error);
      throw error;
    }
  }
}

/** A command that is none: the core names the field in its own spelling. */
function malformed({ where, message }: { where: string; message: string }): ParkingLotError {
  const field = camelCase(where);
  return new ParkingLotError('invalid_argument', field === '' ? message : `${field}: ${message}`, {
    field: field || undefined,
  });
}

function refusal({ code, message, field, due }: RawRefusal): ParkingLotError {
  const name = field === undefined ? undefined : camelCase(field);
  return new ParkingLotError(
    code === 'invalid_request' ? 'invalid_argument' : code,
    name === undefined ? message : `${name}: ${message}`,
    { field: name, due },
  );
}
