/** The part of the Web Locks API that is used here. */
interface Locks {
  request(name: string, options: { signal?: AbortSignal }, held: () => unknown): Promise<unknown>;
}

/** A Web Lock that shows that its holder lives: the browser frees it at the holder's end, however that comes. */
export interface AliveLock {
  readonly name: string;
  release(): void;
}

/**
 * Takes a lock of a name that nobody else uses and holds it until `release` or until this realm ends. Undefined where
 * there are no Web Locks: in Node, in pages without a secure context, in opaque origins.
 */
export async function holdAliveLock(holder: 'worker' | 'page'): Promise<AliveLock | undefined> {
  const locks = webLocks();
  if (locks === undefined) return undefined;
  const name = `parking-lot:${holder}:${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    locks
      .request(name, {}, () => new Promise<void>((release) => resolve({ name, release })))
      .catch(() => resolve(undefined));
  });
}

/**
 * Calls `freed` when the holder of the lock has ended, not later than the browser notices. A blocked holder still
 * holds it. Returns how to stop watching. The holder must hold the lock already.
 */
export function watchAliveLock(name: string, freed: () => void): () => void {
  const watching = new AbortController();
  webLocks()
    ?.request(name, { signal: watching.signal }, () => {
      if (!watching.signal.aborted) freed();
    })
    .catch(() => undefined);
  return () => watching.abort();
}

function webLocks(): Locks | undefined {
  const scope = globalThis as { process?: { versions?: { node?: string } }; navigator?: { locks?: Locks } };
  // Node's worker threads report their own end by an event.
  return scope.process?.versions?.node === undefined ? scope.navigator?.locks : undefined;
}
