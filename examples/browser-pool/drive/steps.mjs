// Works the page as a person would, and reads from it what came of that.

import path from 'node:path';

const STEP_MS = 60_000;
export const RENDER_MS = 120_000;
const MANY = 30;

/**
 * Renders three views; in the first it pauses, switches a priority, cancels, resumes, and zooms in. Resolves to the page's
 * report and to what was done by hand. Rejects with a sentence when a step has no effect.
 */
export async function drive(page, url, pictures) {
  page.setDefaultTimeout(STEP_MS);
  await page.goto(url);
  await page.click('#start');
  await until(page, 'some tasks are completed', ({ tasks }) => tasks.completed >= 5);
  const byHand = await workByHand(page);
  await until(page, 'half of the second view is rendered', ({ tasks }) => tasks.ended >= 60, RENDER_MS);
  await page.click('#deeper');
  await page.click('#fetch');
  await until(page, 'the middle of the third view is rendered', ({ tasks }) => tasks.ended >= 80, RENDER_MS);
  await takePictures(page, pictures);
  await until(page, 'all tasks have ended', ({ state }) => state === 'done', RENDER_MS);
  await emptyMailbox(page);
  return { report: await readReport(page), byHand };
}

/** While nothing starts, positions hold still and can be compared. */
async function workByHand(page) {
  await page.click('#pause');
  await until(page, 'the running tasks have ended', ({ state, tasks }) => state === 'paused' && tasks.running === 0);
  const before = await readReport(page);

  const switched = await focusTask(page, 'End');
  await page.keyboard.press('Enter');
  const from = await positionOf(page, switched);
  await page.keyboard.press('4');
  await page.waitForFunction(isFirst, switched);

  await page.locator('.vehicle:not(.leaving)[aria-label$="number 2"]').click();
  const cancelled = await page.locator('.vehicle:not(.leaving)[aria-pressed="true"]').getAttribute('data-task');
  await page.click('#cancel');
  await until(page, 'the parked task is cancelled', ({ tasks }) => tasks.cancelled === 1);

  const after = await readReport(page);
  const startedInPause = after.tasks.completed - before.tasks.completed + after.tasks.running;
  await page.focus('#pause');
  await page.keyboard.press('Space');
  await until(page, 'tasks run again', ({ state, tasks }) => state === 'running' && tasks.running > 0);
  await page.click('#deeper');
  const cancelledRunning = await cancelRunning(page);
  return { switched, from, cancelled, cancelledRunning, startedInPause };
}

/** A running task may complete before the key arrives; then the next one is tried. */
async function cancelRunning(page) {
  for (let attempt = 0; attempt < MANY; attempt += 1) {
    await until(page, 'a task runs', ({ tasks }) => tasks.running > 0);
    const id = await focusTask(page, 'Home');
    await page.keyboard.press('Delete');
    await page.waitForFunction((task) => !document.querySelector(`.vehicle[data-task="${task}"]:not(.leaving)`), id);
    const { tasks } = await readReport(page);
    if (tasks.cancelled === 2) return id;
  }
  throw new Error(`${MANY} running tasks in turn were completed before they could be cancelled`);
}

/** With motion reduced, so that nothing is caught half-way. */
async function takePictures(page, folder) {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await chooseLast(page);
  await takePicture(page, folder, 'demo');
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await takePicture(page, folder, 'demo-dark');
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 800 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await takePicture(page, folder, 'demo-narrow');
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
  if (overflow > 0) throw new Error(`the page is ${overflow} px too wide for a window of 360 px`);
}

/** The picture is prettier with a task chosen, and does without where all have ended already. */
async function chooseLast(page) {
  const vehicle = page.locator('.vehicle[tabindex="0"]');
  if ((await vehicle.count()) === 0) return;
  await vehicle.focus({ timeout: 2000 }).catch(() => undefined);
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.evaluate(() => document.activeElement?.blur());
}

/** Gives the page time to settle, which ends by itself whatever runs. */
async function takePicture(page, folder, name) {
  await new Promise((resolve) => setTimeout(resolve, 350));
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

export async function emptyMailbox(page) {
  for (;;) {
    const { mailbox } = await readReport(page);
    if (mailbox.unread === 0) return;
    while (await page.locator('#fetch').isEnabled()) {
      const { mailbox: known } = await readReport(page);
      await page.click('#fetch');
      await until(page, 'messages are fetched', ({ mailbox: now }, last) => now.fetched > last, STEP_MS, known.fetched);
    }
    await page.click('#acknowledge');
    await until(page, 'messages are acknowledged', ({ mailbox: now }) => now.acknowledged === now.fetched);
  }
}

/** Moves the focus to the task at one end of the lot, `Home` or `End`. A vehicle that leaves just then cannot take it. */
export async function focusTask(page, key) {
  for (let attempt = 0; attempt < MANY; attempt += 1) {
    await page.focus('.vehicle[tabindex="0"]');
    await page.keyboard.press(key);
    const id = await page.evaluate(() => document.activeElement.dataset.task);
    if (id !== undefined) return id;
  }
  throw new Error(`${MANY} vehicles in turn left when they had got the focus`);
}

async function positionOf(page, id) {
  const label = await page.locator(`.vehicle[data-task="${id}"]`).getAttribute('aria-label');
  return Number(/number (\d+)/.exec(label)?.[1]);
}

/** Runs in the page. */
function isFirst(id) {
  const label = document.querySelector(`.vehicle[data-task="${id}"]`)?.getAttribute('aria-label');
  return label?.includes('critical') && label.endsWith('number 1');
}

export function readReport(page) {
  return page.evaluate(() => JSON.parse(document.getElementById('report').textContent));
}

/**
 * Waits until the page's report satisfies `test`, or rejects and says what did not come true. The limit begins anew whenever
 * a task has ended: a busy machine is slow, and that is no fault.
 */
export async function until(page, sentence, test, limitMs = STEP_MS, argument = undefined) {
  let deadline = Date.now() + limitMs;
  let ended;
  for (;;) {
    const report = await readReport(page).catch(() => undefined);
    if (report?.failures.length > 0) throw new Error(`the page says: ${report.failures[0]}`);
    if (report && test(report, argument)) return report;
    if (report && report.tasks.ended !== ended) {
      ended = report.tasks.ended;
      deadline = Date.now() + limitMs;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${limitMs / 1000} s in vain until ${sentence}; the page: ${JSON.stringify(report)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
