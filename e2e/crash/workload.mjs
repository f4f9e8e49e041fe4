// What the tabs of a crash test do, in their pages: they submit tasks, run them, and tell everything as it happens.

/** Opens a lot in the page. `storage` names the kinds for the queue and the mailbox. */
export async function openLot(page, { database, storage, tab, runs }) {
  await page.evaluate(
    async ({ database, storage, tab, runs }) => {
      const told = [];
      const tell = (event) => {
        if (told.push({ ...event, tab, at: performance.timeOrigin + performance.now() }) > 1) return;
        queueMicrotask(() => window.tell(told.splice(0)));
      };
      const place = (kind) => {
        if (kind === 'in_memory') return kind;
        return kind === 'opfs' ? { type: kind, directory: database } : { type: kind, database };
      };
      const handler = async ({ id, ms, bulk = '' }) => {
        tell({ what: 'begin', id });
        await new Promise((resolve) => setTimeout(resolve, ms));
        tell({ what: 'end', id });
        const isWhole = bulk === '' || (bulk.length === 150_000 && bulk.endsWith(id));
        return { answer: isWhole ? id : `damaged payload of ${id}` };
      };
      const pool = {
        max_units: 4,
        max_queue_depth: 100_000,
        max_lost: 1000,
        queue: place(storage.queue),
        mailbox: { storage: place(storage.mailbox), retention_count: 1_000_000 },
      };
      window.tellNode = tell;
      window.lot = await kit.ParkingLot.open(
        { pools: { work: pool } },
        runs ? { handlers: { work: handler } } : {},
      );
    },
    { database, storage, tab, runs },
  );
}

/** Submits tasks, `width` at a time and at most 600 in all, and looks into the mailbox, until the page ends or is
 * told to stop. */
export async function startSubmitting(page, { prefix, width, tenant }) {
  await page.evaluate(
    ({ prefix, width, tenant }) => {
      window.isStopped = false;
      let count = 0;
      // Nothing that a browser can store in less: it keeps large values apart.
      const bulkOf = (id) => {
        const bytes = crypto.getRandomValues(new Uint8Array(50_000));
        const text = [...bytes].map((byte) => String.fromCharCode(32 + (byte % 95))).join('');
        return (text + text + text).slice(id.length) + id;
      };
      const submitOne = async () => {
        const id = `${prefix}-${++count}`;
        const task = await lot.pool('work').submit({
          taskId: id,
          payload: { id, ms: count % 7, ...(count % 40 === 7 && { bulk: bulkOf(id) }) },
          units: 1 + (count % 3),
          mailbox: { tenant },
        });
        tellNode({ what: task.durability === 'durable' ? 'acknowledged' : 'volatile', id });
        task.outcome().then(
          ({ status, result }) => tellNode({ what: 'outcome', id, status, answer: result?.answer }),
          () => undefined,
        );
      };
      const line = async () => {
        while (!window.isStopped && count < 600) {
          try {
            await submitOne();
            await new Promise((resolve) => setTimeout(resolve, 5));
          } catch (error) {
            tellNode({ what: 'refused', id: error.code ?? String(error) });
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      };
      const read = async () => {
        for (let after; !window.isStopped; ) {
          try {
            const messages = await lot.mailbox({ tenant }).fetch({ after, limit: 1000 });
            for (const { taskId, status, payload } of messages) {
              tellNode({ what: 'message', id: taskId, status, answer: payload?.answer });
            }
            after = messages.at(-1)?.cursor ?? after;
          } catch (error) {
            tellNode({ what: 'refused', id: error.code ?? String(error) });
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      for (let i = 0; i < width; i += 1) void line();
      void read();
    },
    { prefix, width, tenant },
  );
}

export function stopSubmitting(page) {
  return page.evaluate(() => {
    window.isStopped = true;
  });
}

/** All tasks that the lot knows, once none is left to run; throws with the figures if that takes too long. */
export function settledTasks(page, timeoutMs) {
  return page.evaluate(async (timeoutMs) => {
    const pool = lot.pool('work');
    const until = performance.now() + timeoutMs;
    for (;;) {
      const figures = await pool.stats();
      const left =
        figures.parked + figures.waiting + figures.backingOff + figures.running + figures.undelivered;
      if (left === 0) break;
      if (performance.now() > until) throw new Error(`tasks do not end: ${JSON.stringify(figures)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const known = [];
    for (let after = 0; after !== undefined; ) {
      const page = await pool.tasks({ after, limit: 1000 });
      for (const { taskId, status, outcome } of page.tasks) {
        known.push({ id: taskId, status, answer: outcome?.result?.answer });
      }
      after = page.next;
    }
    return known;
  }, timeoutMs);
}

/** Reads and acknowledges a tenant's messages to the end; answers them in order. */
export function takeMessages(page, tenant) {
  return page.evaluate(async (tenant) => {
    const mailbox = lot.mailbox({ tenant });
    const taken = [];
    for (;;) {
      const messages = await mailbox.fetch({ limit: 1000 });
      if (messages.length === 0) return taken;
      for (const { taskId, status, payload } of messages)
        taken.push({ id: taskId, status, answer: payload?.answer });
      await mailbox.acknowledge(messages.at(-1).cursor);
    }
  }, tenant);
}

/** Whether the page's host worker holds the lock of the reign. */
export async function isLeading(page) {
  const host = hostOf(page);
  return host?.evaluate(async () => {
    const name = crypto.randomUUID();
    const { held } = await navigator.locks.request(name, () => navigator.locks.query());
    const own = held.find((lock) => lock.name === name).clientId;
    return held.some((lock) => lock.name.startsWith('parking-lot:reign:') && lock.clientId === own);
  });
}

export function hostOf(page) {
  return page.workers().find((worker) => worker.url().endsWith('host-worker.js'));
}
