import { expect, test } from './kit-page.mjs';

test('of 100,000 tasks of mixed cost and priority none starts above the capacity', async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const capacity = 16;
    const lot = await kit.ParkingLot.open({
      pools: { mixed: { max_units: capacity, max_queue_depth: 100_000 } },
    });
    const pool = lot.pool('mixed');
    const priorities = ['low', 'normal', 'high', 'critical'];
    const count = 100_000;
    let used = 0;
    let peak = 0;
    let ran = 0;
    let seed = 1;
    const runs = Array.from({ length: count }, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      const units = 1 + ((seed >>> 16) % 7);
      const task = async () => {
        used += units;
        peak = Math.max(peak, used);
        await Promise.resolve();
        used -= units;
        ran += 1;
      };
      return pool.run(task, { units, priority: priorities[(seed >>> 24) % 4] });
    });
    await Promise.all(runs);
    return { peak, ran, used };
  });
  expect(seen.ran).toBe(100_000);
  expect(seen.used).toBe(0);
  expect(seen.peak).toBeLessThanOrEqual(16);
  expect(seen.peak).toBeGreaterThan(8);
});

test('tasks in workers stay under the capacity as the workers themselves see it', async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const lot = await kit.openLot({
      pool: { max_units: 6, max_queue_depth: 5000 },
      workers: { create: () => kit.worker(), size: 4 },
    });
    const pool = lot.pool('llm');
    const spans = [];
    const tasks = [];
    for (let i = 0; i < 2000; i += 1) {
      const units = 1 + (i % 3);
      const task = await pool.submit({ payload: { do: 'span' }, units });
      tasks.push(task.result().then(({ from, to }) => spans.push({ units, from, to })));
    }
    await Promise.all(tasks);
    const edges = spans.flatMap(({ units, from, to }) => [
      // Clocks of different workers agree to a fraction of a millisecond; a span lasts two.
      { at: from + 0.25, change: units },
      { at: to - 0.25, change: -units },
    ]);
    // At the same moment the ends come first.
    edges.sort((a, b) => a.at - b.at || a.change - b.change);
    let used = 0;
    let peak = 0;
    for (const { change } of edges) {
      used += change;
      peak = Math.max(peak, used);
    }
    return { tasks: spans.length, peak, workers: kit.made.length };
  });
  expect(seen.tasks).toBe(2000);
  expect(seen.workers).toBeLessThanOrEqual(4);
  expect(seen.peak).toBeLessThanOrEqual(6);
  expect(seen.peak).toBeGreaterThan(2);
});
