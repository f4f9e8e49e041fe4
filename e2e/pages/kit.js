// What the specs use inside a page: the package, and short ways to open a lot whose workers misbehave.

import { ParkingLot, serveDelegatedWorkers } from '/package/index.js';

/** Every worker that this page has made, oldest first. */
const made = [];

function worker(url = '/pages/task.worker.js', options = { type: 'module' }) {
  const created = new Worker(url, options);
  made.push(created);
  return created;
}

/** A lot with one pool, `llm`, of 4 units. */
function openLot({ pool = {}, workers = () => worker(), ...options } = {}) {
  return ParkingLot.open(
    { pools: { llm: { max_units: 4, runtime: 'web_worker', kill_grace_secs: 0.3, ...pool } } },
    { ...options, workers: { llm: workers } },
  );
}

/** An outcome as it can be sent out of the page: errors keep their name and message. */
async function outcomeOf(task) {
  const { status, reason, result, error, attempt } = await task.outcome();
  return { status, reason, result, attempt, error: error && { name: error.name, message: error.message } };
}

/** Submits one task to `llm` and waits for its outcome. */
async function runTask(lot, spec) {
  return outcomeOf(await lot.pool('llm').submit(spec));
}

/** Resolves when the task says something, and not when it ends without a word. */
async function firstProgress(task) {
  for await (const value of task.progress()) return value;
  throw new Error('the task ended without progress');
}

/** Sends a question to a shared or service worker's port or controller, and waits for the answer to it. */
function ask(target, question, listenOn = target) {
  const id = crypto.randomUUID();
  return new Promise((resolve) => {
    listenOn.addEventListener('message', function hear({ data }) {
      if (data?.answerTo !== id) return;
      listenOn.removeEventListener('message', hear);
      resolve(data.answer);
    });
    target.postMessage({ ask: id, question });
  });
}

window.kit = {
  ParkingLot,
  serveDelegatedWorkers,
  made,
  worker,
  openLot,
  outcomeOf,
  runTask,
  firstProgress,
  ask,
};
