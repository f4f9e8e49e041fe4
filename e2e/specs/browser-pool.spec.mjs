import { expect, test } from '@playwright/test';
import { emptyMailbox, focusTask, readReport, until } from '../../examples/browser-pool/drive/steps.mjs';
import { serve } from '../../examples/browser-pool/serve.mjs';
import { violationsOn } from './axe.mjs';

let site;
test.beforeAll(async () => {
  site = await serve({ port: 7370 });
});
test.afterAll(async () => {
  await site.close();
});

const isDone = ({ state }) => state === 'done';
const isBusy = ({ tasks, mailbox }) => mailbox.unread >= 5 && tasks.running >= 2 && tasks.parked >= 5;

async function openTab(context) {
  const page = await context.newPage();
  await page.goto(site.url);
  return page;
}

/** A tab in which the first view is being rendered. */
async function startIn(context) {
  const page = await openTab(context);
  await page.click('#start');
  await until(page, 'the first view is being rendered', isBusy);
  return page;
}

/** How much of the picture has been painted, in per cent. */
function paintedOn(page) {
  return page.locator('#canvas').evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) painted += 1;
    return Math.round((400 * painted) / data.length);
  });
}

test('a tab that was killed by its button goes on where it stood, and every task ends once', async ({ context }) => {
  const page = await startIn(context);
  const { tasks, mailbox } = await readReport(page);
  const crash = page.waitForEvent('crash');
  page.click('#kill').catch(() => undefined);
  await crash;
  await page.close();
  const back = await openTab(context);
  const { survival } = await until(back, 'it goes on', (report) => report.survival.recovered);
  expect(survival.recovered).toMatchObject({ led: true });
  expect(survival.recovered.interrupted).toBeGreaterThan(0);
  expect(survival.recovered.outcomes).toBeGreaterThanOrEqual(mailbox.unread);
  await expect(back.locator('#survival')).toContainText('interrupted and run again');
  const done = await until(back, 'all is done', isDone);
  expect(done.tasks).toMatchObject({ submitted: tasks.submitted, completed: tasks.submitted, withoutOneEnd: [] });
  expect(Math.max(done.units.peakAudited, done.units.peakHeld)).toBeLessThanOrEqual(done.units.cap);
  await expect.poll(() => paintedOn(back)).toBe(100);
  await until(back, 'each outcome is there', (report) => report.mailbox.unread === tasks.submitted);
  await emptyMailbox(back);
  await back.reload();
  await until(back, 'it is back', isDone);
  await expect(back.locator('#survival')).toContainText('Back again: 0 outcomes found in the mailbox.');
  await expect.poll(() => paintedOn(back)).toBe(100);
});

test('a second tab shows the same pool and helps, and leads when the first is closed', { tag: '@long' }, async ({ context }) => {
  const leader = await startIn(context);
  const follower = await openTab(context);
  await until(follower, 'it shows the pool', ({ tasks }) => tasks.submitted === 40);
  await expect(follower.locator('#survival')).toContainText('shared by 2 tabs; another one leads.');
  await expect(leader.locator('#survival')).toContainText('shared by 2 tabs; this one leads.');
  await follower.click('#pause');
  await expect(leader.locator('#pause')).toHaveText('Resume');
  await leader.click('#pause');
  await expect(follower.locator('#pause')).toHaveText('Pause');
  await follower.click('#deeper');
  await until(leader, 'it shows the tasks of the other tab', ({ tasks }) => tasks.submitted === 80);
  await leader.close();
  await expect(follower.locator('#survival')).toContainText('The tab that led has gone; this one has taken over.');
  const { tasks } = await until(follower, 'all is done', isDone);
  expect(tasks).toMatchObject({ submitted: 80, completed: 80, withoutOneEnd: [] });
  await until(follower, 'the mailbox is full', ({ mailbox }) => mailbox.unread === 80);
  const third = await openTab(context);
  await until(third, 'it counts the mail', ({ mailbox }) => mailbox.unread === 80);
  await emptyMailbox(third);
  await until(follower, 'it sees that the mailbox is empty', ({ mailbox }) => mailbox.unread === 0);
});

test('where the browser refuses to store, the page works and says that nothing is kept', async ({ context }) => {
  await context.route('**/host-worker.js', async (route) => {
    const response = await route.fetch();
    const body = `IDBFactory.prototype.open = () => { throw new Error('refused'); };\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  const page = await startIn(context);
  await expect(page.locator('#survival.bad')).toContainText('In memory only: this browser refuses to store');
  const { tasks, survival } = await until(page, 'all is done', isDone);
  expect(survival.durability).toBe('volatile');
  expect(tasks.completed).toBe(40);
});

test('the page has no violations at the start, at work and when a task is chosen, in light, dark and narrow', async ({ context }) => {
  const page = await openTab(context);
  expect(await violationsOn(page)).toEqual([]);
  await page.click('#start');
  await until(page, 'it is at work', isBusy);
  await page.click('#pause');
  await page.click('#fetch');
  await expect(page.locator('#announcement')).toHaveText(/^paused/);
  await focusTask(page, 'End'); // the last that is parked
  await page.keyboard.press('1');
  await expect(page.locator('#announcement')).toHaveText(/^Task \d+ (is critical now|keeps its priority)/);
  await page.keyboard.press('Delete');
  await expect(page.locator('#announcement')).toHaveText(/^Task \d+ (is cancelled|has ended already)$/);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await violationsOn(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await violationsOn(page)).toEqual([]);
});
