// Chromium for the driver: found on this machine, with a profile of its own that is removed afterwards.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `advice` makes an error of a sentence for the person at the terminal. */
export async function openBrowser(advice) {
  const executablePath = findChromium(advice);
  const { chromium } = await import('playwright-core').catch(() => {
    throw advice('playwright-core is not installed; run npm ci in the root of the checkout');
  });
  const profile = await mkdtemp(path.join(tmpdir(), 'parking-lot-demo-'));
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: FLAGS,
      viewport: { width: 1280, height: 880 },
      colorScheme: 'light',
      timeout: 60_000,
    });
    const errors = new Set();
    const listenTo = (page) => {
      page.on('pageerror', (error) => errors.add(error.message));
      page.on('console', (message) => message.type() === 'error' && errors.add(message.text().split('\n')[0]));
      return page;
    };
    const page = listenTo(context.pages()[0] ?? (await context.newPage()));
    const openTab = async () => listenTo(await context.newPage());
    const killTabs = () => killRenderers(profile);
    const close = async () => {
      await context.close();
      await removeProfile(profile);
    };
    return { page, openTab, killTabs, errors, version: await page.evaluate(() => navigator.userAgent.match(/Chrome\/(\d+)/)?.[1]), close };
  } catch (error) {
    await removeProfile(profile);
    throw error;
  }
}

function findChromium(advice) {
  const named = process.env.CHROMIUM;
  if (named) {
    if (existsSync(named)) return named;
    throw advice(`CHROMIUM names ${named}, which is not there`);
  }
  const found = PLACES.find((place) => existsSync(place));
  if (found) return found;
  throw advice('Chromium was not found; on Debian: apt-get install chromium. Elsewhere set CHROMIUM to its path');
}

/** Chromium may still write for a moment after it was told to end. */
function removeProfile(profile) {
  return rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Ends the processes of all tabs with SIGKILL, which no program can see coming. Answers how many there were. */
function killRenderers(profile) {
  const renderers = readdirSync('/proc').filter((entry) => {
    const command = commandOf(entry);
    return command.includes(`--user-data-dir=${profile}`) && command.includes('--type=renderer');
  });
  for (const pid of renderers) process.kill(Number(pid), 'SIGKILL');
  return renderers.length;
}

function commandOf(entry) {
  try {
    return /^\d+$/.test(entry) ? readFileSync(`/proc/${entry}/cmdline`, 'utf8') : '';
  } catch {
    return '';
  }
}
