const kinds = ['idbfs', 'opfs'];

/**
 * The browser database that a config names, as `idbfs:name`; undefined if it names none. The config may be wrong in any
 * way: the core tells how, wherever it is opened.
 */
export function browserDatabaseIn(config: unknown): string | undefined {
  for (const pool of Object.values(record(record(config).pools))) {
    const { queue, mailbox } = record(pool);
    for (const storage of [queue, mailbox, record(mailbox).storage]) {
      const { type, database, directory } = typeof storage === 'string' ? { type: storage } : record(storage);
      if (kinds.includes(String(type))) return `${type}:${database ?? directory ?? 'parking-lot'}`;
    }
  }
  return undefined;
}

/** Whether the realms of this origin can agree on who leads. Node and pages that are not secure have no Web Locks. */
export function canShareDatabases(): boolean {
  const { process, navigator, BroadcastChannel, indexedDB } = globalThis as {
    process?: { versions?: { node?: string } };
    navigator?: { locks?: unknown };
    BroadcastChannel?: unknown;
    indexedDB?: unknown;
  };
  if (process?.versions?.node !== undefined) return false;
  return Boolean(navigator?.locks && BroadcastChannel && indexedDB);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
