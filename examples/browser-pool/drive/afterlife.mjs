// What outlives a tab: its process is killed in the middle of work, and later the tab that leads is closed beside another.

import { emptyMailbox, RENDER_MS, readReport, until } from './steps.mjs';

/** Goes on where the first half of the drive ended, with an empty mailbox and nothing left to do. */
export async function dieAndShare({ page, openTab, killTabs }, url) {
  const faults = [];
  const { tab, killed } = await killAndReturn({ page, openTab, killTabs }, url, faults);
  const sharing = await closeTheLeader({ leader: tab, openTab }, url, faults);
  return { killed, sharing, faults };
}

async function killAndReturn({ page, openTab, killTabs }, url, faults) {
  await page.click('#deeper');
  const busy = ({ tasks, mailbox }) => mailbox.unread >= 5 && tasks.running >= 2 && tasks.parked >= 5;
  const { tasks, mailbox } = await until(page, 'the fourth view is being rendered', busy, RENDER_MS);
  const died = page.waitForEvent('crash');
  killTabs();
  await died;
  await page.close();
  const tab = await openTab();
  await tab.goto(url);
  const { survival } = await until(tab, 'the page goes on', (report) => report.survival.recovered);
  const found = await until(tab, 'all tasks have ended', ({ state }) => state === 'done', RENDER_MS);
  const { mailbox: full } = await until(tab, 'all outcomes have arrived', (report) => report.mailbox.unread >= found.tasks.submitted - tasks.ended);
  const numbers = await readNumbers(tab);
  await emptyMailbox(tab);
  const { recovered } = survival;
  const { submitted, withoutOneEnd } = found.tasks;
  if (withoutOneEnd.length > 0) faults.push(`after the kill ${withoutOneEnd.join(', ')} did not end once`);
  if (submitted !== tasks.submitted) faults.push(`${submitted} tasks are known after the kill, ${tasks.submitted} were submitted`);
  if (recovered.interrupted === 0) faults.push('the kill interrupted nothing');
  if (recovered.outcomes < mailbox.unread) faults.push(`${recovered.outcomes} outcomes were found, ${mailbox.unread} had been there`);
  if (new Set(numbers).size !== numbers.length) faults.push('an outcome is in the mailbox twice');
  return { tab, killed: { ...tasks, unread: mailbox.unread, recovered, submitted, fetched: full.unread } };
}

/** The tasks whose outcomes are in the mailbox, as its panel lists them. */
async function readNumbers(page) {
  while (await page.locator('#fetch').isEnabled()) {
    const { mailbox } = await readReport(page);
    await page.click('#fetch');
    await until(page, 'messages are fetched', (report, last) => report.mailbox.fetched > last, 10_000, mailbox.fetched);
  }
  return page.locator('#messages .what').allTextContents();
}

async function closeTheLeader({ leader, openTab }, url, faults) {
  const follower = await openTab();
  await follower.goto(url);
  await until(leader, 'the leader counts two tabs', ({ survival }) => survival.tabs === 2 && survival.leads);
  await until(follower, 'the other tab follows', ({ survival }) => survival.tabs === 2 && survival.leads === false);
  const { tasks: before } = await readReport(follower);
  await follower.click('#deeper');
  const shown = ({ tasks }, count) => tasks.submitted > count && tasks.running > 0;
  const { tasks } = await until(leader, 'the leader shows tasks of the other tab', shown, 10_000, before.submitted);
  const at = Date.now();
  await leader.close();
  await until(follower, 'the other tab leads', ({ survival }) => survival.leads && survival.tabs === 1);
  const takeoverMs = Date.now() - at;
  const { tasks: after } = await until(follower, 'all tasks have ended', ({ state }) => state === 'done', RENDER_MS);
  if (after.withoutOneEnd.length > 0) faults.push(`with two tabs ${after.withoutOneEnd.join(', ')} did not end once`);
  return { byFollower: after.submitted - before.submitted, left: tasks.parked + tasks.running, takeoverMs };
}
