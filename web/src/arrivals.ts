import type { MailboxKey } from './config.js';
import type { Host } from './host.js';

/** Calls `listener` after each arrival of messages under this key; the answer stops that. */
export function onArrival(
  host: Host,
  { tenant, user, session }: MailboxKey,
  listener: () => void,
): () => void {
  const key = host.core.mailboxKey(tenant, user ?? '', session ?? '');
  const listeners = host.arrivals.get(key) ?? new Set();
  host.arrivals.set(key, listeners.add(listener));
  host.core.raw._pl_subscribe(key);
  host.schedule();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) host.arrivals.delete(key);
    if (host.isOver) return;
    host.core.raw._pl_unsubscribe(key);
    host.core.raw._pl_release_name(key);
    host.schedule();
  };
}
