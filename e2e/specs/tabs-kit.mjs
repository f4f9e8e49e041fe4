import { openKit } from './kit-page.mjs';

let databases = 0;

/** A database that no other test uses. */
export function freshDatabase() {
  databases += 1;
  return `tabs-${process.pid}-${Date.now()}-${databases}`;
}

/** A tab with the kit and, as `window.lot`, a lot in this database. */
export async function openTab(context, database, options = {}) {
  const page = await context.newPage();
  await openKit(page);
  await openLotIn(page, database, options);
  return page;
}

/**
 * The lot has one pool, `llm`. Its tasks are run by a handler that does what the payload says, unless `runs` is false:
 * `{ ms }` waits so long, `{ fail }` throws, and every start and end is noted in `window.seen`.
 */
export function openLotIn(page, database, { pool = {}, runs = true, ...options } = {}) {
  return page.evaluate(
    async ({ database, pool, runs, options }) => {
      window.seen = [];
      const handler = async ({ name, ms = 0, value, fail, steps = 0 }, { signal, progress, attempt }) => {
        window.seen.push({ name, what: 'begin', attempt, at: Date.now() });
        for (let step = 1; step <= steps; step += 1) progress(step);
        await new Promise((resolve, reject) => {
          setTimeout(resolve, ms);
          signal.addEventListener('abort', () => {
            window.seen.push({ name, what: 'stopped', attempt, at: Date.now() });
            reject(signal.reason);
          });
        });
        window.seen.push({ name, what: 'end', attempt, at: Date.now() });
        if (fail) throw new RangeError(fail);
        return value ?? name;
      };
      const stored = { type: 'idbfs', database };
      window.lot = await kit.ParkingLot.open(
        { pools: { llm: { max_units: 4, queue: stored, mailbox: { storage: stored }, ...pool } } },
        { ...(runs ? { handlers: { llm: handler } } : {}), ...options },
      );
    },
    { database, pool, runs, options },
  );
}

/** Whether this tab leads: it holds the Web Lock of the reign through its host worker. */
export async function leads(page) {
  const workers = page.workers().filter((worker) => worker.url().endsWith('host-worker.js'));
  const held = await page.evaluate(async () => {
    const { held } = await navigator.locks.query();
    return held.filter(({ name }) => name.startsWith('parking-lot:reign:')).length;
  });
  return held > 0 && workers.length > 0;
}

export function submit(page, spec) {
  return page.evaluate(async (spec) => {
    window.tasks ??= {};
    const task = await lot.pool('llm').submit(spec);
    window.tasks[task.id] = task;
    return { id: task.id, status: task.statusAtSubmit, joined: task.joined, durability: task.durability };
  }, spec);
}

export function outcome(page, id) {
  return page.evaluate((id) => kit.outcomeOf(window.tasks[id]), id);
}

/** Resolves when the page has seen this of the task. */
export function untilSeen(page, name, what) {
  return page.waitForFunction(
    ({ name, what }) => window.seen.some((event) => event.name === name && event.what === what),
    { name, what },
  );
}

export function stats(page) {
  return page.evaluate(() => lot.pool('llm').stats());
}

/** How a tab may end that others go on without. */
export const endings = {
  'is closed': (page) => page.close(),
  crashes: (page) => page.goto('chrome://crash').catch(() => undefined),
  'goes elsewhere': (page) => page.goto('about:blank'),
  'closes its lot': (page) => page.evaluate(() => lot.close()),
};
