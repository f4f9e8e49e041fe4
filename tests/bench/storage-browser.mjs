// Durable submissions in a real Chromium, to IndexedDB and to files of the origin, against the bare storage with the same
// bytes in the same batches. 100,000 tasks one after the other show whether it stays flat as the journal grows.

import { inChromium } from './browser/chromium.mjs';
import { limit, Report, versionOf } from './report.mjs';

const rounds = 3;
const report = new Report('storage-browser');
const least = (samples) => Math.min(...samples);

/** How much faster the bare storage is, in the round in which that says most. */
function add(name, bare, figures, ratioBar, rateBar) {
  const rates = figures.map(({ ms, count }) => (count / ms) * 1000);
  const [best] = [...figures].sort((a, b) => b.bareMs / b.ms - a.bareMs / a.ms);
  const kilobytes = (best.bytes / best.syncs / 1000).toFixed(1);
  report.add({ name: `${name}: durable submissions`, unit: '1/s', better: 'more', samples: rates, bar: rateBar });
  report.add({
    name: `${name}: the same ${best.syncs} batches of ${kilobytes} kB`,
    unit: 'ms',
    samples: figures.map(({ ms }) => ms),
    ratio: { value: best.bareMs / best.ms, of: bare },
    bar: ratioBar,
  });
}

const chromium = await inChromium(async (measure) => {
  const series = async (kind, count, inFlight) => {
    const figures = [];
    for (let round = 0; round < rounds; round++) {
      figures.push({ count, ...(await measure({ kind, count, inFlight, round: `${count}-${inFlight}-${round}` })) });
    }
    return figures;
  };
  const idbfs = await series('idbfs', 20_000, 512);
  add('idbfs, 512 in flight', 'bare puts', idbfs, limit('≥', 0.15), limit('≥', 8000));
  const opfs = await series('opfs', 20_000, 512);
  add('opfs, 512 in flight', 'bare write + flush', opfs);
  // As the bar of the file backend counts: callers that wait for their answer before they ask again.
  add('opfs, 64 in flight', 'bare write + flush', await series('opfs', 20_000, 64), limit('≥', 0.6));
  const [disk] = [...opfs].sort((a, b) => b.bareMs / b.diskMs - a.bareMs / a.diskMs);
  report.add({
    name: 'opfs: the same batches without a lot',
    unit: 'ms',
    samples: opfs.map(({ diskMs }) => diskMs),
    ratio: { value: disk.bareMs / disk.diskMs, of: 'bare write + flush' },
    bar: limit('≥', 0.6),
  });
  const long = await measure({ kind: 'idbfs', count: 100_000, inFlight: 512, round: 'long' });
  report.add({ name: 'idbfs: tenths of 100,000 submissions', unit: 'ms', samples: long.tenths });
  report.add({
    name: 'idbfs: the last three of them',
    unit: 'ms',
    samples: long.tenths.slice(-3),
    ratio: { value: least(long.tenths.slice(-3)) / least(long.tenths.slice(0, 3)), of: 'the first three' },
    bar: limit('≤', 1.3),
  });
});
report.note('strict durability; the whole lot runs in one dedicated worker; batches are what the group commit made of the load');
report.finish({ chromium, emcc: versionOf('emcc', '--version') });
