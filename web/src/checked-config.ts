import { type ConfigIssue, listed, ParkingLotError, refuseIssues } from './errors.js';
import type { PoolFacts } from './pool.js';
import type { StoreFacts } from './storage/lot-storage.js';
import type { Core } from './wasm/core.js';

/** What the core answers to a config: what is wrong with it, or what it means. */
export interface OpenedConfig {
  issues: ConfigIssue[];
  unavailable?: ConfigIssue[];
  /** What is to be stored, and where. */
  stores?: StoreFacts[];
  /** Why it could not be opened although nothing is wrong with it. */
  failure?: string;
  config?: { pools: Record<string, EffectivePool> };
}

interface EffectivePool {
  max_units: number | Record<string, number>;
  worker_count?: number;
  heartbeat_secs: number;
  kill_grace_secs: number;
  default_timeout_secs?: number;
  runtime?: string;
  max_output_bytes: number;
}

/** Throws `invalid_config` with all that is wrong, `unavailable` with all that is not there. */
export function refuseUnusable(opened: OpenedConfig): void {
  if (opened.failure !== undefined) {
    throw new ParkingLotError('unavailable', `The storage cannot be opened: ${opened.failure}`);
  }
  refuseIssues(opened.issues);
  const unavailable = opened.unavailable ?? [];
  if (unavailable.length > 0) {
    throw new ParkingLotError(
      'unavailable',
      `The config asks for what is not there: ${listed(unavailable)}`,
      {
        issues: unavailable,
      },
    );
  }
}

/** The pools of a config that was not refused. */
export function factsOf(core: Core, opened: OpenedConfig): PoolFacts[] {
  const isDurable = (index: number) => (opened.stores ?? []).some(({ queues }) => queues.includes(index));
  return Object.entries(opened.config!.pools).map(([name, pool]) => {
    const index = core.raw.poolIndex(name);
    return poolFacts(name, index, pool, isDurable(index));
  });
}

function poolFacts(name: string, index: number, pool: EffectivePool, isDurable: boolean): PoolFacts {
  return {
    name,
    index,
    maxUnits:
      typeof pool.max_units === 'number' ? pool.max_units : Math.max(...Object.values(pool.max_units)),
    resources: typeof pool.max_units === 'number' ? [] : Object.keys(pool.max_units).sort(),
    runsMax: pool.worker_count || undefined,
    heartbeatMs: pool.heartbeat_secs * 1000,
    killGraceMs: pool.kill_grace_secs * 1000,
    defaultTimeoutMs: (pool.default_timeout_secs ?? 0) * 1000,
    isForWorkers: pool.runtime === 'web_worker',
    maxOutputBytes: pool.max_output_bytes,
    isDurable,
  };
}

/** Only the variables that the config mentions cross into the core: name, NUL, value, NUL, … */
export function environmentText(
  config: string,
  given: Record<string, string | undefined> | undefined,
): string {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const environment = given ?? process?.env ?? {};
  let text = '';
  for (const [, name] of config.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) {
    const value = environment[name!];
    if (value !== undefined) text += `${name}\0${value}\0`;
  }
  return text;
}
