// The row of figures.

import { formatSeconds } from './format.js';

export class Figures {
  #at;

  constructor(elements) {
    this.#at = elements;
  }

  show({ cap, inUse, peak, running, parked, completed, waits, throughput }) {
    const at = this.#at;
    at.inUse.textContent = inUse;
    at.cap.textContent = `of ${cap}`;
    at.peak.textContent = peak;
    at.running.textContent = running;
    at.parked.textContent = parked;
    at.completed.textContent = completed;
    at.wait.textContent = waits.count === 0 ? '–' : formatSeconds(waits.mean);
    at.throughput.textContent = throughput === undefined ? '–' : throughput.toFixed(1);
    at.gaugeFill.style.transform = `scaleX(${Math.min(1, inUse / cap)})`;
    at.gaugePeak.style.left = `calc(${Math.min(100, (100 * peak) / cap)}% - 2px)`;
    at.gaugePeak.hidden = peak === 0;
  }
}

/** Mean, 95th percentile and longest of the waits from submission to start, in milliseconds. */
export function summariseWaits(tasks) {
  const waits = tasks.filter((task) => task.startedAt !== undefined).map((task) => task.startedAt - task.submittedAt);
  waits.sort((a, b) => a - b);
  const count = waits.length;
  if (count === 0) return { count, mean: 0, p95: 0, max: 0 };
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / count;
  return { count, mean, p95: waits[Math.ceil(count * 0.95) - 1], max: waits[count - 1] };
}

/** Tasks completed per second since the page was opened, or since the first of them was submitted. */
export function throughputOf(tasks, openedAt) {
  const ended = tasks.filter((task) => task.status === 'completed' && task.endedAt >= openedAt);
  if (ended.length < 2) return undefined;
  const from = Math.max(openedAt, Math.min(...ended.map((task) => task.submittedAt)));
  const to = Math.max(...ended.map((task) => task.endedAt));
  return (1000 * ended.length) / (to - from);
}
