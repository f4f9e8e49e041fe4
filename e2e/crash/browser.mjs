// Crash tests in the browser: node e2e/crash/browser.mjs [--cycles N] [--seed S] [--only WAY]
//
// Each cycle opens two tabs on a database that lives on from cycle to cycle, lets both submit and run tasks, ends
// something by force, and checks afterwards that no acknowledged task and no outcome was lost, that nothing has two
// outcomes or two messages, and that the units of the pool were never exceeded. One line per cycle; exit 1 if a law broke.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';

import { origin } from '../server/address.mjs';
import '../server/serve.mjs';
import { Ledger } from './ledger.mjs';
import {
  hostOf,
  isLeading,
  openLot,
  settledTasks,
  startSubmitting,
  stopSubmitting,
  takeMessages,
} from './workload.mjs';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
  },
});
const executablePath = process.env.PARKING_LOT_CHROMIUM ?? '/usr/bin/chromium';
const unitsMax = 4;
const settleMs = 60_000;

const storages = [
  { queue: 'idbfs', mailbox: 'idbfs' },
  { queue: 'opfs', mailbox: 'opfs' },
  { queue: 'idbfs', mailbox: 'in_memory' },
  { queue: 'opfs', mailbox: 'in_memory' },
  { queue: 'in_memory', mailbox: 'idbfs' },
  { queue: 'in_memory', mailbox: 'opfs' },
];

/** How a cycle ends what it has begun. Answers what has died by it. */
const ways = {
  async 'kill -9 of the browser'({ folder, context }) {
    process.kill(browserOf(folder), 'SIGKILL');
    await context.close().catch(() => undefined);
    return 'browser';
  },
  async "closing the leader's tab"({ leader }) {
    await leader.close();
    return 'tab';
  },
  async 'a crash of the leader'({ leader }) {
    await leader.goto('chrome://crash', { timeout: 5_000 }).catch(() => undefined);
    return 'tab';
  },
  async 'the end of the host worker'({ leader }) {
    const host = hostOf(leader);
    await host.evaluate(() => self.close());
    return 'nothing';
  },
  async 'a reload of the leader'({ leader }) {
    await leader.reload();
    return 'tab';
  },
  async 'a frozen leader, a zombie later'({ leader }) {
    const host = hostOf(leader);
    const thawed = host.evaluate((ms) => {
      for (const end = Date.now() + ms; Date.now() < end; );
    }, 18_000);
    await thawed;
    return 'nothing';
  },
  async 'refused storage'({ leader }) {
    const host = hostOf(leader);
    await host.evaluate(() => {
      const { transaction } = IDBDatabase.prototype;
      IDBDatabase.prototype.transaction = function aborting(...args) {
        const made = transaction.apply(this, args);
        if (args[1] === 'readwrite') made.abort();
        return made;
      };
      setTimeout(() => {
        IDBDatabase.prototype.transaction = transaction;
      }, 700);
    });
    await pause(1500);
    return 'nothing';
  },
};

const folder = mkdtempSync(path.join(tmpdir(), 'parking-lot-crash-'));
let random = Number(values.seed);
const below = (n) => {
  random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((random / 2_147_483_648) * n);
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

console.log(`browser crash tests: ${values.cycles} cycles, seed ${values.seed}, ${folder}`);
const totals = { acknowledged: 0, broken: 0 };
const names = Object.keys(ways).filter((name) => name.includes(values.only ?? ''));
for (let cycle = 0; cycle < Number(values.cycles); cycle += 1) {
  const way = names[cycle % names.length];
  const storage = storages[cycle % storages.length];
  const { ledger, ms } = await runCycle(cycle, way, storage).catch((error) => {
    const failed = new Ledger('');
    failed.broken.push(String(error.stack ?? error));
    return { ledger: failed, ms: 0 };
  });
  totals.acknowledged += ledger.acknowledged.size;
  totals.broken += ledger.broken.length;
  const verdict = ledger.broken.length === 0 ? 'ok' : `BROKEN: ${ledger.broken.slice(0, 3).join('; ')}`;
  const refusals = [...ledger.refusals].map(([code, count]) => ` ${code}×${count}`).join('');
  console.log(
    `cycle ${cycle + 1}: ${way}, queue ${storage.queue}, mailbox ${storage.mailbox}: ` +
      `${ledger.acknowledged.size} acknowledged, ${ledger.known?.size ?? 0} known, ${ledger.volatile} volatile,` +
      `${refusals} ${ms} ms: ${verdict}`,
  );
}
console.log(
  `${values.cycles} cycles, ${totals.acknowledged} tasks acknowledged, ${totals.broken} breaches of the laws`,
);
rmSync(folder, { recursive: true, force: true });
process.exit(totals.broken === 0 ? 0 : 1);

async function runCycle(cycle, way, storage) {
  const ledger = new Ledger(`${cycle}.`);
  const tenant = `cycle-${cycle}`;
  const database = `crash-${storage.queue}-${storage.mailbox}`;
  const from = performance.now();
  let context = await openBrowser(ledger);
  try {
    const pages = [await openPage(context), await openPage(context)];
    // Both at once: one of them leads.
    await Promise.all(pages.map((page, tab) => openLot(page, { database, storage, tab, runs: true })));
    const leader = (await isLeading(pages[1])) ? 1 : 0;
    const started = pages.map((page, tab) =>
      startSubmitting(page, { prefix: `${cycle}.${tab}`, width: 4, tenant }),
    );
    await Promise.all(started);
    for (let waited = 0; ledger.acknowledged.size + ledger.volatile < 20; waited += 5) {
      if (waited > settleMs) throw new Error('nothing is admitted');
      await pause(5);
    }
    await pause(below(400));
    const since = Date.now();
    const died = await ways[way]({ folder, context, leader: pages[leader] });
    if (died === 'browser') {
      context = await openBrowser(ledger);
    } else {
      await pause(300 + below(700));
      for (const page of pages) if (died !== 'tab' || page !== pages[leader]) await stopSubmitting(page);
    }
    await check(ledger, await openPage(context), { database, storage, tenant });
    // Only now: what a tab told last may be heard after its end.
    ledger.died(died === 'browser' ? undefined : died === 'tab' ? [leader] : [], since);
    ledger.checkCapacity(unitsMax);
  } finally {
    await context.close().catch(() => undefined);
  }
  return { ledger, ms: Math.round(performance.now() - from) };
}

/** What a tab finds that comes afterwards. */
async function check(ledger, page, { database, storage, tenant }) {
  await openLot(page, { database, storage, tab: 2, runs: true });
  ledger.checkTasks(await settledTasks(page, settleMs), { isKept: storage.queue !== 'in_memory' });
  if (storage.mailbox !== 'in_memory') ledger.checkMessages(await takeMessages(page, tenant));
}

async function openBrowser(ledger) {
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-sync',
    ],
  });
  await context.exposeFunction('tell', (events) => ledger.hear(events));
  return context;
}

async function openPage(context) {
  const page = await context.newPage();
  await page.goto(`${origin}/pages/kit.html`);
  await page.waitForFunction(() => window.kit !== undefined);
  return page;
}

/** The browser's own process: not one of its children, which have a type. */
function browserOf(profile) {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let command = '';
    try {
      command = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
    } catch {
      continue;
    }
    if (command.includes(`--user-data-dir=${profile}`) && !command.includes('--type=')) return Number(entry);
  }
  throw new Error(`no browser runs on ${profile}`);
}
