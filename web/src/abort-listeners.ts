const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `act` when the signal is aborted, unless the function that is returned was called before. All that wait for one
 * signal share one listener: a batch under one controller is no leak, as Node would say of eleven.
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const acts = waiting.get(signal) ?? listenTo(signal);
  acts.add(act);
  return () => acts.delete(act);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  waiting.set(signal, acts);
  const all = () => {
    for (const act of acts) act();
  };
  signal.addEventListener('abort', all, { once: true });
  return acts;
}
