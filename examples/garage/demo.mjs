// `node demo.mjs` works the page in headless Chromium by mouse and keyboard, runs a day to its end, and compares it with the
// simulation of the same day. Exit 0 if they agree and nothing went wrong. `--open` only serves the page.

import path from 'node:path';

import { pictures, runCommand } from '../browser-pool/drive/command.mjs';
import { differences, editTariff, enterTwice, openPage, readReport, runDay, sendVan, spoilTariff, takePictures, walk } from './drive/steps.mjs';
import { serveGarage } from './serve.mjs';

async function drive(browser, url) {
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
  return faults;
}

function tell(what, text) {
  console.log(`  ${what.padEnd(18)} ${text}`);
}

function euros(cents) {
  return `€${(cents / 100).toFixed(2)}`;
}

await runCommand({ built: 'garage.js', serve: serveGarage, drive });
