import type { CarriedError } from '../../shared-lot/carried-error.js';
import type { Envelope } from '../../shared-lot/protocol.js';
import type { GarageChange } from '../answers.js';
import type { GarageFacts } from '../garage.js';
import type { Look, RawAnswer } from '../gate.js';
import type { HostSetup } from './host.js';

/**
 * What the realms that open the garages of one browser store say to each other. One of them *owns* the store: its host runs
 * the module. All of them, the owner's realm too, are *visitors* that send their requests to the host. Who owns is
 * settled as among shared lots, under `garages:` and the store's name, and every message between a visitor and the
 * owner carries the epoch of the reign: what comes from, or is meant for, another reign is dropped.
 */

/** From a visitor to the owner. Garages go by their numbers in the welcome. */
export type VisitorMessage =
  /** First of a reign. `lock` is held as long as the realm lives; undefined where it cannot be. */
  | { readonly say: 'hello'; readonly lock: string | undefined; readonly config: string }
  | { readonly say: 'command'; readonly id: number; readonly garage: number; readonly command: string }
  | { readonly say: 'look'; readonly id: number; readonly garage: number; readonly look: Look }
  /** A vehicle that an owner before has told to wait in the lane: the answer is that of its `enter`. */
  | { readonly say: 'wait'; readonly id: number; readonly garage: number; readonly waiting: Waiting }
  | { readonly say: 'listen' | 'unlisten'; readonly garage: number }
  | { readonly say: 'bye' };

export interface Waiting {
  readonly plate: string;
  /** Of the wall clock: when its place is given up. */
  readonly until: number;
}

/** From the owner to a visitor. */
export type OwnerMessage =
  /** `lock` is held as long as the owner lives; undefined where it cannot be. */
  | { readonly say: 'welcome'; readonly garages: readonly GarageFacts[]; readonly lock: string | undefined }
  /** The visitor's config is not the owner's: nothing else that it says is heard. */
  | { readonly say: 'other config' }
  /** The answer comes later. */
  | { readonly say: 'waiting'; readonly id: number; readonly answer: RawAnswer }
  | { readonly say: 'answer'; readonly id: number; readonly answer: RawAnswer | string }
  | { readonly say: 'refusal'; readonly id: number; readonly error: CarriedError }
  /** The owner goes: it answers what it has heard, and the rest is for the next one. */
  | { readonly say: 'leaves' }
  /** It came too late and was not done. */
  | { readonly say: 'left undone'; readonly id: number }
  | { readonly say: 'changed'; readonly garage: number; readonly change: GarageChange };

/** From a page to the worker that hosts for it. */
export type HostOrder =
  | { readonly say: 'open'; readonly setup: HostSetup }
  | { readonly say: 'to owner'; readonly envelope: Envelope<VisitorMessage> }
  | { readonly say: 'close' };

/** From that worker to its page: what a host tells its realm. */
export type HostReport =
  /** `lock` is held as long as the worker lives. */
  | { readonly say: 'alive'; readonly lock: string }
  | { readonly say: 'received'; readonly envelope: Envelope<OwnerMessage> }
  | { readonly say: 'failed' | 'leaderless'; readonly error: CarriedError }
  | { readonly say: 'closed' };
