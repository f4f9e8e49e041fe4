import type { Status } from '../codes.js';
import type { ConfigIssue } from '../errors.js';
import type { LotMessage, PageMessage } from '../executor/delegate/protocol.js';
import type { Health } from '../lot-home.js';
import type { Outcome } from '../outcome.js';
import type { PoolFacts } from '../pool.js';
import type { Durability } from '../storage/fallback-disk.js';
import type { CarriedError } from './carried-error.js';

/**
 * What the realms of one database say to each other. A *realm* is a page or worker in which a lot was opened. One of
 * them *leads*: its host worker holds the database's Web Lock, the scheduler and the storage. Every reign has an epoch,
 * greater than all before, and every message between a realm and its leader carries it: what comes from, or is meant
 * for, another reign is dropped.
 */

/**
 * Where a lot was opened. A guest, a shared or service worker, has no dedicated worker to host the lot; a follower is one
 * that cannot host it at all, since only dedicated workers write to files of the origin.
 */
export type RealmKind = 'tab' | 'guest' | 'follower';

export interface TaskRef {
  readonly pool: string;
  readonly taskId: string;
}

export function keyOf({ pool, taskId }: TaskRef): string {
  return `${pool}\u0000${taskId}`;
}

/** On the channel that all realms of a database hear. */
export type News =
  /** Every two seconds. A leader that loads serves nobody yet. */
  | { readonly say: 'leads'; readonly epoch: number; readonly realm: number; readonly isReady: boolean }
  | { readonly say: 'who leads?' }
  /** To a leader with a lower epoch: it has slept through its own end, or its clock is behind. */
  | { readonly say: 'later reign known'; readonly epoch: number }
  /** From a tab: a guest that leads should leave the lead to it. */
  | { readonly say: 'yield' };

/** Between a realm and its leader, many at a time. */
export interface Envelope<Message> {
  readonly epoch: number;
  readonly realm: number;
  readonly messages: readonly Message[];
}

/** What a realm asks of the leader's lot; `args` are those of the method of the same name. */
export type Question =
  | { readonly on: 'lot'; readonly call: 'health' }
  | { readonly on: 'audit'; readonly call: 'query' | 'eraseUser'; readonly args: readonly unknown[] }
  | {
      readonly on: 'mailbox';
      readonly key: unknown;
      readonly call: 'fetch' | 'acknowledge';
      readonly args: readonly unknown[];
    }
  | { readonly on: 'pool'; readonly pool: string; readonly call: PoolCall; readonly args: readonly unknown[] }
  | SubmitQuestion;

export const poolCalls = [
  'status',
  'explain',
  'tasks',
  'cancel',
  'cancelTenant',
  'setPriority',
  'pause',
  'resume',
  'drain',
  'disable',
  'reconfigure',
  'stats',
  'at',
] as const;
export type PoolCall = (typeof poolCalls)[number];

export interface SubmitQuestion {
  readonly on: 'submit';
  readonly pool: string;
  /** With a task id, and with moments in place of what is relative to now: the same whenever it is read. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Only the realm that asks can run it. */
  readonly isPinned: boolean;
}

/** Answer to a submission. */
export interface CarriedReceipt {
  readonly status: Status;
  readonly position: number;
  readonly joined: boolean;
  readonly durability: Durability;
}

/** From a realm to its leader. */
export type ClientMessage =
  /** First of a reign. `lock` is held as long as the realm lives, `pools` are those that it has executors for. */
  | {
      readonly say: 'hello';
      readonly lock: string;
      readonly config: string;
      readonly pools: readonly string[];
      /** Runs of the reign before that go on in this realm, or ended without a leader to hear it. */
      readonly claims: readonly TaskRef[];
    }
  /** `again`: a leader before may have heard it already. */
  | { readonly say: 'ask'; readonly id: number; readonly question: Question; readonly again: boolean }
  | { readonly say: 'watch'; readonly tasks: readonly TaskRef[] }
  | { readonly say: 'listen' | 'unlisten'; readonly task: TaskRef }
  | { readonly say: 'subscribe' | 'unsubscribe'; readonly key: unknown; readonly name: string }
  | { readonly say: 'page'; readonly message: PageMessage }
  /** It has executors for these pools too. */
  | { readonly say: 'lend'; readonly pools: readonly string[] }
  /** A claimed run has ended, and its task was not started again here. */
  | { readonly say: 'unclaim'; readonly task: TaskRef }
  /** From the realm's host worker, whose timers no browser throttles: the realm is not frozen. */
  | { readonly say: 'alive' }
  | { readonly say: 'bye' };

/** From the leader to a realm. */
export type LeaderMessage =
  | {
      readonly say: 'welcome';
      readonly pools: readonly PoolFacts[];
      readonly warnings: readonly ConfigIssue[];
    }
  | { readonly say: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly say: 'refusal'; readonly id: number; readonly error: CarriedError }
  | { readonly say: 'ended'; readonly task: TaskRef; readonly outcome: Outcome }
  /** The leader does not know this task. */
  | { readonly say: 'unknown'; readonly task: TaskRef }
  | { readonly say: 'progress'; readonly task: TaskRef; readonly value: unknown }
  | { readonly say: 'arrived'; readonly name: string }
  | { readonly say: 'health'; readonly health: Health }
  | { readonly say: 'page'; readonly message: LotMessage }
  /** The claimed runs of these tasks are to be ended: others have started in their place. */
  | { readonly say: 'drop'; readonly tasks: readonly TaskRef[] };

/** From a realm to its own station. */
export type StationOrder =
  | {
      readonly say: 'open';
      readonly database: string;
      readonly realm: number;
      readonly kind: RealmKind;
      readonly config: string;
      readonly environment: Readonly<Record<string, string>>;
      readonly wasm?: WebAssembly.Module | BufferSource | string | undefined;
      readonly entropy?: readonly [bigint, bigint] | undefined;
      readonly orphans?: 'refuse' | 'keep' | undefined;
    }
  /** To the leader, which is this station. */
  | { readonly say: 'to leader'; readonly envelope: Envelope<ClientMessage> }
  | { readonly say: 'close' };

/** From a station to its own realm. */
export type StationReport =
  /** `lock` is held as long as the station lives. */
  | {
      readonly say: 'checked';
      readonly pools: readonly PoolFacts[];
      readonly warnings: readonly ConfigIssue[];
      readonly lock?: string | undefined;
    }
  | { readonly say: 'failed'; readonly error: CarriedError }
  | { readonly say: 'from leader'; readonly envelope: Envelope<LeaderMessage> }
  /** Nobody has led for long; `error` tells why this station cannot. */
  | { readonly say: 'leaderless'; readonly error?: CarriedError }
  | { readonly say: 'closed' };

/** Names of channels and locks. The database's name comes last: it may hold anything. */
export const names = {
  news: (database: string) => `parking-lot:news:${database}`,
  /** The leader hears it. */
  leader: (database: string) => `parking-lot:leader:${database}`,
  realm: (realm: number, database: string) => `parking-lot:realm:${realm}:${database}`,
  reign: (database: string) => `parking-lot:reign:${database}`,
  usurper: (database: string) => `parking-lot:usurper:${database}`,
};

/** The number in a realm's name, if it is one of this database. */
export function realmIn(name: string, database: string): number | undefined {
  const [start, kind, number, ...rest] = name.split(':');
  const isOne = start === 'parking-lot' && kind === 'realm' && rest.join(':') === database;
  return isOne ? Number(number) : undefined;
}
