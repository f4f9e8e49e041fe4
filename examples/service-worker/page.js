// The page: it submits, shows what the service worker says, and keeps nothing itself.

const LOOK_MS = 400;
const PATIENCE_MS = 8000;
const SAMPLES = ['amber', 'basalt', 'cedar', 'dune', 'ember', 'fjord', 'grove', 'heath'];

const at = (id) => document.getElementById(id);
/** When the worker was started, as often as that was seen. */
const lives = new Set();
let cursor;
let looking = false;
let greeted = false;

/** Asks the service worker, and asks again if it was stopped before it answered. */
async function ask(question, tries = 3) {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    setTimeout(resolve, PATIENCE_MS);
  });
  active.postMessage(question, [port2]);
  const reply = await answered;
  port1.close();
  if (reply === undefined && tries > 1) return ask(question, tries - 1);
  if (reply?.error ?? !reply) throw new Error(reply?.error ?? 'the service worker does not answer');
  return reply.answer;
}

async function submit(text, units) {
  // With the text in its id, so that whoever finds the task can tell what it is.
  const id = `${text} ${crypto.randomUUID().slice(0, 8)}`;
  await ask({ ask: 'submit', id, text, units });
  void keepLooking();
}

/** Looks as long as something is to be done, and then leaves the worker alone: each question would keep it up. */
async function keepLooking() {
  if (looking) return;
  looking = true;
  try {
    for (;;) {
      const seen = await ask({ ask: 'look' });
      show(seen);
      if (seen.isDone) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } catch (error) {
    fail(error);
  } finally {
    looking = false;
  }
}

function show({ startedAt, durability, unitsInUse, unitsMax, tasks, messages }) {
  at('units').textContent = `${unitsInUse} of ${unitsMax} units in use`;
  at('tasks').replaceChildren(...tasks.map(taskRow));
  at('no-tasks').hidden = tasks.length > 0;
  at('messages').replaceChildren(...messages.toReversed().map(messageRow));
  at('no-messages').hidden = messages.length > 0;
  at('unread').textContent = messages.length;
  cursor = messages.at(-1)?.cursor;
  at('acknowledge').disabled = cursor === undefined;
  lives.add(startedAt);
  const times = lives.size === 1 ? '' : `, ${lives.size - 1} ${lives.size === 2 ? 'stop' : 'stops'} since this page was opened`;
  at('life').textContent = `Started at ${clock(startedAt)}${times}.`;
  at('volatile').hidden = durability === 'durable';
  if (!greeted) greet(messages, tasks);
}

/** What was there before this page. */
function greet(messages, tasks) {
  greeted = true;
  if (messages.length + tasks.length === 0) return;
  const left = tasks.length > 0 ? `, ${tasks.length} still in the pool` : '';
  at('greeting').textContent = `Back again: ${messages.length} in the mailbox${left}.`;
}

function taskRow({ taskId, status, units, lost }) {
  const again = lost > 0 ? ', interrupted and run again' : '';
  return row(nameOf(taskId), `${units} ${units === 1 ? 'unit' : 'units'}, ${status === 'queued' ? 'parked' : status}${again}`);
}

function messageRow({ taskId, status, reason, payload, createdAt }) {
  const sealed = document.createElement('code');
  sealed.textContent = payload?.seal ?? reason ?? status;
  return row(nameOf(taskId), clock(createdAt), sealed);
}

function nameOf(taskId) {
  return taskId.slice(0, taskId.lastIndexOf(' '));
}

function row(name, note, ...rest) {
  const line = document.createElement('li');
  const what = document.createElement('b');
  what.textContent = name;
  const small = document.createElement('span');
  small.textContent = note;
  line.append(what, ...rest, small);
  return line;
}

function clock(time) {
  return new Date(time).toLocaleTimeString('en-GB');
}

function fail(error) {
  at('failure').textContent = `Something went wrong: ${error.message}`;
  at('failure').hidden = false;
}

function guarded(action) {
  return async (event) => {
    event?.preventDefault();
    try {
      await action();
    } catch (error) {
      fail(error);
    }
  };
}

at('form').addEventListener(
  'submit',
  guarded(async () => {
    const { text, units } = Object.fromEntries(new FormData(at('form')));
    at('form').reset();
    await submit(text.trim(), Number(units));
  }),
);
at('some').addEventListener(
  'click',
  guarded(() => Promise.all(SAMPLES.map((text, index) => submit(text, (index % 2) + 1)))),
);
at('acknowledge').addEventListener(
  'click',
  guarded(async () => {
    await ask({ ask: 'acknowledge', cursor });
    await keepLooking();
  }),
);

await guarded(async () => {
  if (!navigator.serviceWorker) throw new Error('this browser gives no service workers to this page');
  await navigator.serviceWorker.register('service-worker.js', { type: 'module' });
  await keepLooking();
})();
