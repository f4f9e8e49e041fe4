// Queues of JavaScript: 100,000 no-op async tasks, four at once, in Node and in Chromium.

import { measureInChromium } from './js/chromium.mjs';
import { measureInNode } from './js/node.mjs';
import { limit, Report, versionOf } from './report.mjs';

const count = 100_000;
const rounds = 5;
const report = new Report('js');
const least = (samples) => Math.min(...samples);

/** The bars: how many times faster than which peer, and where. */
const bars = {
  Node: { 'p-queue, 4 priorities': limit('≥', 10), 'fastq.promise, no priorities': limit('≥', 1.3) },
  Chromium: { 'p-queue, 4 priorities': limit('≥', 4), 'fastq.promise, no priorities': limit('≥', 1.3) },
};

/** A peer's row says how many times faster the parking lot was. */
function addQueues(realm, queues) {
  const [ours, ...peers] = queues;
  report.add({ name: `${realm}: ${ours.name}`, unit: 'ms', samples: ours.samples });
  for (const { name, samples, share } of peers) {
    report.add({
      name: `${realm}: ${name}${share < 1 ? `, scaled from ${count * share} tasks` : ''}`,
      unit: 'ms',
      samples,
      ratio: { value: least(samples) / least(ours.samples), of: 'parking lot' },
      bar: bars[realm][name],
    });
  }
}

function addSubmit(realm, { calls, receipts }) {
  const rate = (samples) => samples.map((ms) => count / ms / 1000);
  const row = { unit: 'M/s', better: 'more' };
  report.add({ ...row, name: `${realm}: submit, parked in the core`, samples: rate(calls), bar: limit('≥', 1) });
  report.add({ ...row, name: `${realm}: submit, with every receipt`, samples: rate(receipts) });
}

/** Not a matter of speed: one start too many ends the benchmark with an error. */
function addCapacity(realm, { capacity, count: submitted, peak, ran }) {
  const sound = ran === submitted && peak <= capacity;
  report.note(`${realm}: ${ran} of ${submitted} mixed tasks ran; at most ${peak} of ${capacity} units were in use`);
  if (!sound) process.exitCode = 1;
}

const inNode = await measureInNode({ count, rounds });
const { figures: inChromium, version } = await measureInChromium({ count, rounds });
for (const [realm, figures] of [['Node', inNode], ['Chromium', inChromium]]) {
  addQueues(realm, figures.queues);
  addSubmit(realm, figures.submit);
}
addCapacity('Node', inNode.capacity);
addCapacity('Chromium', inChromium.capacity);
report.note(`${count} tasks, ${rounds} rounds in turns; a peer's ratio is its best over the parking lot's best`);
report.finish({ chromium: version, emcc: versionOf('emcc', '--version') });
