import type { Host } from './host.js';
import type { Health, PoolHealth, StoreHealth } from './lot-home.js';
import type { PoolFacts } from './pool.js';
import { type PoolStats, statsOf } from './pool-stats.js';
import type { StoreState } from './storage/lot-storage.js';

type Status = Health['status'];

/** How a lot is doing, and who wants to hear when that changes. */
export class HealthWatch {
  private readonly listeners = new Set<(health: Health) => void>();
  private lastSeen = '';

  constructor(
    private readonly host: Host,
    private readonly facts: readonly PoolFacts[],
  ) {}

  health(): Health {
    const stores = this.stores();
    const pools = this.facts.map((pool) => this.poolHealth(pool, stores));
    return {
      status: worst(pools.map((pool) => pool.status)),
      durability: pools.every((pool) => pool.durability === 'durable') ? 'durable' : 'volatile',
      leads: true,
      pools: Object.fromEntries(this.facts.map(({ name }, i) => [name, pools[i]!])),
      stores,
      memoryBytes: this.host.core.raw._pl_memory_bytes(),
    };
  }

  listen(listener: (health: Health) => void): () => void {
    if (this.listeners.size === 0) this.lastSeen = statusesIn(this.health());
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells the listeners, if a status has changed since the last look. */
  look(): void {
    if (this.listeners.size === 0 || this.host.isOver) return;
    const health = this.health();
    const seen = statusesIn(health);
    if (seen === this.lastSeen) return;
    this.lastSeen = seen;
    for (const listener of this.listeners) listener(health);
  }

  private stores(): StoreHealth[] {
    const { storage, core } = this.host;
    return (storage?.states() ?? []).map((state, disk) => storeHealth(state, core.raw.storageTrouble(disk)));
  }

  private poolHealth({ index, resources }: PoolFacts, stores: readonly StoreHealth[]): PoolHealth {
    const { host } = this;
    const stats = statsOf(host.core.stats(index), resources);
    const concerned = [host.storage?.queueOf(index) ?? -1, host.storage?.mailboxOf(index) ?? -1]
      .filter((store) => store >= 0)
      .map((store) => stores[store]!);
    const status = worst([poolStatus(stats), ...concerned.map((store) => store.status)]);
    const reason = concerned.find((store) => store.reason !== undefined)?.reason;
    return {
      ...stats,
      durability: host.durabilityOf(index),
      status,
      ...(reason !== undefined && { reason }),
    };
  }
}

function storeHealth({ kind, location, durability, reason }: StoreState, trouble: string): StoreHealth {
  const status = durability === 'volatile' ? 'volatile' : trouble !== '' ? 'degraded' : 'ok';
  const why = status === 'degraded' ? trouble : reason;
  return { kind, location, status, ...(why !== undefined && { reason: why }) };
}

function poolStatus(stats: PoolStats): Status {
  return stats.storage !== 'open' || stats.deliveryHeld ? 'degraded' : 'ok';
}

function worst(statuses: readonly Status[]): Status {
  if (statuses.includes('degraded')) return 'degraded';
  return statuses.includes('volatile') ? 'volatile' : 'ok';
}

function statusesIn({ pools, stores }: Health): string {
  const all = [...Object.values(pools), ...stores];
  return all.map(({ status, reason }) => `${status} ${reason ?? ''}`).join('\n');
}
