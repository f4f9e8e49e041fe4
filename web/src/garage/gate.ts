import type { Clock } from '../clock.js';
import type { GarageChange } from './answers.js';

/** An answer as the core writes it. */
export interface RawAnswer {
  answer:
    | 'admitted'
    | 'waiting'
    | 'reserved'
    | 'left'
    | 'paid'
    | 'priced'
    | 'done'
    | 'refused'
    | 'ticket'
    | 'reconciled';
  [field: string]: unknown;
}

/** What the core shows as text, without a command: JSON, but for `csv`. */
export type Shown = 'figures' | 'spots' | 'tickets' | 'lane' | 'reservations' | 'permits' | 'days' | 'csv';

/** What can be looked at without a command. The core answers with text. */
export type Look =
  | { readonly at: Shown }
  /** The past; only stored garages have one. */
  | { readonly at: 'past'; readonly time: number }
  | { readonly at: 'events'; readonly until: number }
  | {
      readonly at: 'made-up day';
      readonly day: string;
      readonly seed: bigint;
      readonly what: 'arrivals' | 'report';
    };

/** Through which a garage is reached: a module in this realm, or the realm that owns the garage's store. */
export interface Gate {
  readonly clock: Clock;
  /** The answer to a command, which is JSON; a refusal rejects. `waiting`: called when the answer comes later. */
  ask(command: string, waiting?: (answer: RawAnswer) => void): Promise<RawAnswer>;
  look(look: Look): string | Promise<string>;
  /** The answer stops it. */
  listen(listener: (change: GarageChange) => void): () => void;
}
