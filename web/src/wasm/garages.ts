import type { Shown } from '../garage/gate.js';
import { type Abort, loadModule, type PackagedModule, type WasmSource } from './load.js';

/**
 * The Embind functions of the garage module, as `wasm/garage/embind.cc` exports them: text in, JSON out. Garages are named
 * by their numbers in the answer of `openGarages`.
 */
export interface RawGarages {
  /** Answers `{issues}`, `{unavailable}`, `{failure}`, `{stores}` while there are too few disks, or `{garages}`. */
  openGarages(
    configJson: string,
    environment: string,
    disks: number,
    builtStorage: string,
    wallMs: number,
    steadyMs: number,
    entropyHigh: bigint,
    entropyLow: bigint,
  ): string;
  /** Commits until damage to anything durable can be told from a commit that was cut short. */
  settleGarages(): void;
  closeGarages(): void;
  /** Answers `{replies, changes, next}` or `{error}`. */
  act(garage: number, request: number, commandJson: string, wallMs: number, steadyMs: number): string;
  watch(garage: number, wantsChanges: boolean): void;
  show(garage: number, what: Shown): string;
  /** `what`: `arrivals` or `report`. Answers `null` for a kind of day that there is not. */
  madeUpDay(garage: number, kind: string, seed: bigint, what: string): string;
  /** Of a stored garage: `{figures, tickets}` as of a time, `{events}` before one; or `{failure}`. */
  past(garage: number, wallMs: number): string;
  events(garage: number, untilMs: number): string;
  /** 1: commits are under way; 2: another owner has taken a store over. */
  storageState(): number;
  version(): string;
}

/** A fresh instance of a module for garages, without garages. */
export async function loadGarages(
  module: PackagedModule,
  source?: WasmSource | Promise<WasmSource>,
): Promise<{ raw: RawGarages; abort: Abort }> {
  const { raw, abort } = await loadModule(module, source);
  return { raw: raw as unknown as RawGarages, abort };
}
