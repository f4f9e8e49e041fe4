import { expect, test } from '@playwright/test';
import { call, garage, open, openTab, plates } from './garage-kit.mjs';
import { openKit, quotaOf } from './kit-page.mjs';
import { freshDatabase } from './tabs-kit.mjs';

const roomy = { ...garage, levels: { P1: { A: 2000 } } };

/** Lets vehicles enter until one is not confirmed; the plates of those that were. */
async function enterUntilFull(page, prefix) {
  return page.evaluate(async (start) => {
    const confirmed = [];
    for (let number = 0; number < 2000; number += 1) {
      const plate = `${start}-${number}`;
      // Whoever corrects it says why, in words that cannot be compressed.
      const reason = () => Array.from(crypto.getRandomValues(new Uint32Array(16)), (word) => word.toString(36)).join('');
      try {
        await g.enter({ plate });
        confirmed.push(plate);
        await Promise.all(Array.from({ length: 50 }, () => g.correct({ plate, by: 'ann', reason: reason() })));
      } catch (error) {
        return { confirmed, code: error.code };
      }
    }
    throw new Error('the quota was never used up');
  }, prefix);
}

for (const [kind, quotaSize] of [
  ['idbfs', 2_000_000],
  ['opfs', 4_500_000],
]) {
  test(`a garage in ${kind} whose quota is used up confirms nothing, and goes on with all of it once there is space`, {
    tag: '@long',
  }, async ({ context }) => {
    const setQuota = await quotaOf(context);
    await setQuota(quotaSize);
    const database = freshDatabase();
    const owner = await openTab(context, database, { kind, config: roomy });
    const visitor = await openTab(context, database, { kind, config: roomy });
    await owner.evaluate(() => {
      window.told = [];
      lot.onHealth(({ status, garages: { g } }) => told.push([status, g.status]));
    });
    const { confirmed, code } = await enterUntilFull(owner, 'B');
    expect(code).toMatch(/^(unconfirmed|storage_unavailable)$/);
    expect(confirmed.length).toBeGreaterThan(0);
    const late = await call(visitor, 'enter', { plate: 'LATE' });
    expect(late.code).toMatch(/^(unconfirmed|storage_unavailable)$/);
    expect((await call(visitor, 'occupancy')).storage).not.toBe('open');
    for (const page of [owner, visitor]) {
      const { status, garages } = await page.evaluate(() => lot.health());
      expect([status, garages.g.status]).toEqual(['degraded', 'degraded']);
    }
    const seen = await call(visitor, 'tickets');
    if (seen.code === undefined) expect(seen.map(({ plate }) => plate)).toEqual(expect.arrayContaining(confirmed));
    else expect(seen.code).toBe('storage_unavailable');

    await setQuota();
    let entered;
    await expect
      .poll(async () => (entered = await call(visitor, 'enter', { plate: 'AFTER' })).code, { timeout: 40_000 })
      .toBeUndefined();
    expect(entered.ticket).toBeDefined();
    expect((await owner.evaluate(() => lot.health())).garages).toEqual({ g: { status: 'ok' } });
    const told = await owner.evaluate(() => window.told);
    expect(told[0]).toEqual(['degraded', 'degraded']);
    expect(told.at(-1)).toEqual(['ok', 'ok']);
    await owner.close();
    await visitor.close();
    const next = await openTab(context, database, { kind, config: roomy });
    expect(await plates(next)).toEqual(expect.arrayContaining([...confirmed, 'AFTER']));
  });

  test(`a garage in ${kind} that cannot be opened because the quota is used up says so, and has all of it later`, async ({
    context,
  }) => {
    const setQuota = await quotaOf(context);
    const database = freshDatabase();
    const first = await openTab(context, database, { kind });
    await call(first, 'enter', { plate: 'B-1' });
    await first.evaluate(() => lot.close());
    await first.close();
    await setQuota(1);
    const page = await context.newPage();
    await openKit(page);
    const failure = await open(page, database, { kind }).then(
      () => undefined,
      (error) => error.message,
    );
    if (failure === undefined) expect(await plates(page)).toEqual(['B-1']);
    else expect(failure).toMatch(/cannot be (opened|written)/);
    await page.close();
    await setQuota();
    const next = await openTab(context, database, { kind });
    expect(await plates(next)).toEqual(['B-1']);
  });
}
