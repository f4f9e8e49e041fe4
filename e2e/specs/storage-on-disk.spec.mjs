import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, expect, test } from '@playwright/test';
import { origin } from '../server/address.mjs';
import { freshDatabase, openTab, stats, submit } from './tabs-kit.mjs';

/** Other specs run in private windows, whose databases are in memory and behave differently. */
function openProfile(folder) {
  const { launchOptions } = test.info().project.use;
  return chromium.launchPersistentContext(folder, { ...launchOptions, baseURL: origin, headless: true });
}

/** Runs in the page: a text that does not compress, since Chromium keeps apart only what is large all the same. */
function noise(length) {
  const bytes = new Uint8Array((length * 3) / 4);
  for (let at = 0; at < bytes.length; at += 49_152) crypto.getRandomValues(bytes.subarray(at, at + 49_152));
  let text = '';
  for (let at = 0; at < bytes.length; at += 24_576) text += btoa(String.fromCharCode(...bytes.subarray(at, at + 24_576)));
  return text;
}

test('a database on disk whose files are large is there for the next tab, and after the browser', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'parking-lot-profile-'));
  const database = freshDatabase();
  let context = await openProfile(folder);
  try {
    const first = await openTab(context, database, { runs: false });
    for (let i = 0; i < 12; i += 1) {
      const name = await first.evaluate(noise, 600_000);
      expect(await submit(first, { taskId: `t${i}`, payload: { name } })).toMatchObject({ durability: 'durable' });
    }
    await first.close();
    const second = await openTab(context, database, { runs: false });
    expect(await stats(second)).toMatchObject({ parked: 12 });
    expect(await second.evaluate(async () => (await lot.health()).status)).toBe('ok');
    await context.close();
    context = await openProfile(folder);
    const third = await openTab(context, database);
    await expect.poll(() => third.evaluate(() => window.seen.filter(({ what }) => what === 'end').length)).toBe(12);
    const lengths = await third.evaluate(() => [...new Set(window.seen.map(({ name }) => name.length))]);
    expect(lengths).toEqual([600_000]);
  } finally {
    await context.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
});
