// 100,000 durable submissions in a real Chromium, to IndexedDB and to files of the origin, against the bare storage with the
// same bytes in the same batches. Each run begins with a module that is not compiled yet.

import { inChromium } from './browser/chromium.mjs';
import { limit, Report, versionOf } from './report.mjs';

const rounds = 3;
const count = 100_000;
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
  const series = async (kind, inFlight) => {
    const figures = [];
    for (let round = 0; round < rounds; round++) {
      figures.push({ count, ...(await measure({ kind, count, inFlight, round: `${inFlight}-${round}` })) });
    }
    return figures;
  };
  const idbfs = await series('idbfs', 512);
  add('idbfs, 512 in flight', 'bare puts', idbfs, limit('≥', 0.15), limit('≥', 8000));
  const first = idbfs.map(({ tenths }) => (count / 10 / tenths[0]) * 1000);
  report.add({ name: 'idbfs: the first tenth, while the module warms up', unit: '1/s', better: 'more', samples: first });
  const late = least(idbfs.map(({ tenths }) => least(tenths.slice(-3))));
  report.add({
    name: 'idbfs: the best of the last three tenths',
    unit: 'ms',
    samples: [late],
    ratio: { value: late / least(idbfs.map(({ tenths }) => least(tenths.slice(1, 4)))), of: 'the second to fourth' },
    bar: limit('≤', 1.3),
  });
  const opfs = await series('opfs', 512);
  add('opfs, 512 in flight', 'bare write + flush', opfs);
  // As the bar of the file backend counts: callers that wait for their answer before they ask again.
  add('opfs, 64 in flight', 'bare write + flush', await series('opfs', 64), limit('≥', 0.6));
  const [disk] = [...opfs].sort((a, b) => b.bareMs / b.diskMs - a.bareMs / a.diskMs);
  report.add({
    name: 'opfs: the same batches without a lot',
    unit: 'ms',
    samples: opfs.map(({ diskMs }) => diskMs),
    ratio: { value: disk.bareMs / disk.diskMs, of: 'bare write + flush' },
    bar: limit('≥', 0.6),
  });
});
report.note('strict durability; the whole lot runs in one dedicated worker; batches are what the group commit made of the load');
report.finish({ chromium, emcc: versionOf('emcc', '--version') });
