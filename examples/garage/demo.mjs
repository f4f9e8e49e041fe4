// `node demo.mjs` works the page in headless Chromium by mouse and keyboard, runs a day to its end, and compares it with the
// simulation of the same day. Exit 0 if they agree and nothing went wrong. `--open` only serves the page.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBrowser } from '../browser-pool/drive/browser.mjs';
import { differences, editTariff, enterTwice, openPage, readReport, runDay, sendVan, spoilTariff, takePictures, walk } from './drive/steps.mjs';
import { serveGarage } from './serve.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const pictures = path.join(root, 'build');

/** An error that says what to do and needs no stack. */
class Advice extends Error {}

async function main(options) {
  const unknown = options.filter((option) => option !== '--open');
  if (unknown.length > 0) throw new Advice(`unknown option ${unknown[0]}; known: --open`);
  if (!existsSync(path.join(root, 'web/dist/garage.js'))) throw new Advice('web/dist is not built; run ./dev build first');
  const server = await serveGarage();
  if (options.includes('--open')) {
    console.log(`\n  ${server.url}\n\n  Open it in a browser. Ctrl-C stops the server.\n`);
    return;
  }
  try {
    await driveAndReport(server.url);
  } finally {
    await server.close();
  }
}

async function driveAndReport(url) {
  console.log(`\ndemo  ${url} in headless Chromium`);
  await mkdir(pictures, { recursive: true });
  const browser = await openBrowser((message) => new Advice(message));
  try {
    const { page } = browser;
    await openPage(page, url);
    const morning = await readReport(page);
    tell('in the morning', `${morning.occupancy.occupied} of ${morning.occupancy.spots} spots, ${euros(morning.revenue)}`);
    const label = await walk(page);
    tell('by arrow keys', label);
    await takePictures(page, pictures);
    const van = await sendVan(page);
    tell('a van', `took ${van.spots.join(' and ')} and left again`);
    await enterTwice(page);
    await spoilTariff(page);
    const { before, after } = await editTariff(page);
    tell('12 h on a Monday', `€${before}, with twice the maximum €${after}`);
    const day = await runDay(page);
    tell('a busy day', `${day.entered} came in, ${day.turnedAway} were turned away, ${euros(day.revenue)}`);
    const faults = [...differences(day), ...browser.errors];
    if (van.shown !== van.spots.length) faults.push(`the van stands on ${van.spots.length} spots and is drawn on ${van.shown}`);
    if (after <= before) faults.push('a higher maximum makes the stay no dearer');
    for (const fault of faults) console.error(`  FAULT ${fault}`);
    console.log(`  pictures in ${path.relative(process.cwd(), pictures)}: garage.png, garage-dark.png, garage-narrow.png\n`);
    process.exitCode = faults.length === 0 ? 0 : 1;
  } finally {
    await browser.close();
  }
}

function tell(what, text) {
  console.log(`  ${what.padEnd(18)} ${text}`);
}

function euros(cents) {
  return `€${(cents / 100).toFixed(2)}`;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`demo: ${error instanceof Advice || error.name === 'TimeoutError' ? error.message : error.stack}`);
  process.exitCode = 1;
});
