const kinds = ['idbfs', 'opfs'];

/**
 * The browser database that a config names, as `idbfs:name`; undefined if it names none. The config may be wrong in any
 * way: the core tells how, wherever it is opened.
 */
export function browserDatabaseIn(config: unknown): string | undefined {
  for (const { type, database, directory } of storagesIn(config)) {
    if (kinds.includes(String(type))) return `${type}:${database ?? directory ?? 'parking-lot'}`;
  }
  return undefined;
}

/**
 * Whether a config may want something stored: where it names anything but memory, or leaves the name to a variable. Too
 * many are no harm, since the module with storage can do all that the other can.
 */
export function mayStore(config: unknown): boolean {
  return storagesIn(config).some(({ type }) => type !== undefined && type !== 'in_memory');
}

/** What a config says of storage, in the order of pools. */
function storagesIn(config: unknown): Record<string, unknown>[] {
  return Object.values(record(record(config).pools)).flatMap((pool) => {
    const { queue, mailbox } = record(pool);
    return [queue, mailbox, record(mailbox).storage].map((storage) =>
      typeof storage === 'string' ? { type: storage } : record(storage),
    );
  });
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
