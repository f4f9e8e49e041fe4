// Does what the payload says: the behaviours and misbehaviours of tasks.

import { serveTasks, transfer } from '/package/worker.js';

let runsSoFar = 0;

const deeds = {
  echo: ({ value }) => value,
  countRuns: () => runsSoFar,
  throw: ({ message }) => {
    throw new RangeError(message);
  },
  rejectUnseen: ({ message }) => {
    void Promise.reject(new RangeError(message));
    return new Promise(() => {});
  },
  throwInTimer: ({ message }) => {
    setTimeout(() => {
      throw new RangeError(message);
    });
    return new Promise(() => {});
  },
  closeItself: (_payload, { progress }) => {
    progress('closing');
    self.close();
    return new Promise(() => {});
  },
  closeItselfOnce: ({ value }, { attempt }) => {
    if (attempt > 1) return value;
    self.close();
    return new Promise(() => {});
  },
  spin: () => {
    for (;;);
  },
  spinFor: ({ ms }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return 'done';
  },
  waitForStop: (_payload, { signal, progress }) => {
    progress('waiting');
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  },
  /** The first attempt waits for ever. */
  waitThenEcho: ({ value }, { attempt }) => (attempt === 1 ? new Promise(() => {}) : value),
  steps: async ({ count }, { progress }) => {
    for (let step = 1; step <= count; step += 1) progress(step);
    return count;
  },
  /** When it ran, by a clock that all workers share. */
  span: () => {
    const from = performance.timeOrigin + performance.now();
    while (performance.timeOrigin + performance.now() < from + 2);
    return { from, to: performance.timeOrigin + performance.now() };
  },
  returnFunction: () => () => 1,
  pixels: ({ bytes }) => {
    const pixels = new Uint8Array(bytes).fill(7);
    return transfer({ pixels }, [pixels.buffer]);
  },
};

serveTasks((payload, context) => {
  runsSoFar += 1;
  return deeds[payload.do](payload, context);
});
