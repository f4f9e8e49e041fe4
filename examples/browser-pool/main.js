// Puts the page together: the session in the middle, the lot, the picture and the panels round it.

import { LotView } from './lot/lot-view.js';
import { killThisTab } from './kill.js';
import { CAPACITY } from './pool.js';
import { Figures, summariseWaits, throughputOf } from './panels/figures.js';
import { MailboxPanel } from './panels/mailbox-panel.js';
import { TaskPanel } from './panels/task-panel.js';
import { Painter } from './picture/painter.js';
import { magnification, VIEWS } from './picture/views.js';
import { writeReport } from './report.js';
import { Session } from './session.js';
import { describeSurvival } from './survival.js';

const PRIORITY_KEYS = { 1: 'low', 2: 'normal', 3: 'high', 4: 'critical' };
const ANNOUNCE_EVERY_MS = 4000;

/** How many workers were chosen when the pool was begun in this browser. */
const BEGUN = 'browser-pool:workers';

const at = (id) => document.getElementById(id);
const session = new Session();
const painter = new Painter(at('canvas'));
const figures = new Figures({
  inUse: at('in-use'),
  cap: at('cap'),
  peak: at('peak'),
  running: at('running'),
  parked: at('parked'),
  completed: at('completed'),
  wait: at('wait'),
  throughput: at('throughput'),
  gaugeFill: at('gauge-fill'),
  gaugePeak: at('gauge-peak'),
});
const lot = new LotView({ lot: at('lot'), vehicles: at('vehicles'), note: at('lanes-note'), arm: at('arm') }, CAPACITY);
const act = { cancel: guard(cancel), setPriority: guard(setPriority) };
const taskPanel = new TaskPanel({ heading: at('task-heading'), box: at('task') }, session, act);
const mailbox = new MailboxPanel(
  {
    fetch: at('fetch'),
    acknowledge: at('acknowledge'),
    unread: at('unread'),
    note: at('mailbox-note'),
    messages: at('messages'),
  },
  session,
);

let peak = 0;
let frameAsked = false;
let announcedAt = 0;
const failures = [];

/** Shows what goes wrong, instead of losing it in the console. */
function guard(action) {
  return async (...args) => {
    try {
      return await action(...args);
    } catch (error) {
      fail(error);
    }
  };
}

function fail(error) {
  failures.push(String(error?.message ?? error));
  at('failure').textContent = `Something went wrong: ${failures.at(-1)}`;
  at('failure').hidden = false;
  console.error(error);
  showSoon();
}

/** However many changes come, the page is drawn once a frame. A timer serves where frames stand still. */
function showSoon() {
  if (frameAsked) return;
  frameAsked = true;
  const frame = requestAnimationFrame(draw);
  const timer = setTimeout(draw, 250);
  function draw() {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frameAsked = false;
    show().catch(fail);
  }
}

async function show() {
  const { unitsInUse: inUse } = session.opened ? await session.stats() : { unitsInUse: 0 };
  const tasks = [...session.tasks.values()];
  const { running, parked } = session;
  peak = Math.max(peak, inUse);
  lot.show({ running, parked, tasks: session.tasks, paused: session.paused });
  const completed = tasks.filter((task) => task.status === 'completed').length;
  const waits = summariseWaits(tasks);
  figures.show({
    cap: CAPACITY,
    inUse,
    peak,
    running: running.length,
    parked: parked.length,
    completed,
    waits,
    throughput: throughputOf(tasks, session.openedAt),
  });
  mailbox.show();
  taskPanel.refresh().catch(fail);
  showControls();
  const survival = showSurvival();
  const state = describeState();
  const trail = state === 'done' ? await session.trail() : undefined;
  announce(state, running.length, parked.length, completed);
  writeReport(at('report'), session, { state, cap: CAPACITY, peak, trail, survival, failures });
}

function showControls() {
  const { opened, paused, views } = session;
  const begun = opened && views.length > 0;
  if (begun && document.activeElement === at('start')) at('deeper').focus();
  at('start').hidden = begun;
  at('deeper').hidden = !begun;
  at('kill').hidden = !begun;
  at('pause').disabled = !opened;
  at('pause').setAttribute('aria-pressed', String(paused));
  at('pause').textContent = paused ? 'Resume' : 'Pause';
  if (!begun) return;
  const view = views.at(-1);
  at('picture-name').textContent = view.name;
  at('picture-scale').textContent = `× ${magnification(view).toLocaleString('en', { maximumSignificantDigits: 2 })}`;
  at('deeper').textContent = views.length % VIEWS.length === 0 ? 'From the top' : 'Zoom in';
}

function showSurvival() {
  const { text, isBad = false } = describeSurvival(session);
  if (at('survival').textContent !== text) at('survival').textContent = text;
  at('survival').classList.toggle('bad', isBad);
  return text;
}

function describeState() {
  if (!session.opened || session.views.length === 0) return 'idle';
  if (!session.busy) return 'done';
  return session.paused ? 'paused' : 'running';
}

/** Speaks at once when the state changes, else seldom. */
function announce(state, running, parked, completed) {
  const now = performance.now();
  if (announce.last === state && (state !== 'running' || now - announcedAt < ANNOUNCE_EVERY_MS)) return;
  announce.last = state;
  announcedAt = now;
  if (state !== 'idle') say(`${state}: ${running} running, ${parked} parked, ${completed} completed`);
}

async function open(workers) {
  at('start').disabled = true;
  at('workers').disabled = true;
  await session.open(workers);
  peak = (await session.trail()).peak;
  at('start').disabled = false;
}

async function start() {
  if (!session.opened) await open(Number(at('workers').value));
  remember(session.workers);
  await session.addView();
}

function remember(workers) {
  try {
    localStorage.setItem(BEGUN, workers);
  } catch {
    // Refused to a page without storage, which says so.
  }
}

/** What was begun in this browser, by a tab before or beside this one, goes on by itself. */
async function goOn() {
  const workers = Number(readBegun());
  if (!workers) return;
  at('workers').value = workers;
  await open(workers);
}

function readBegun() {
  try {
    return localStorage.getItem(BEGUN);
  } catch {
    return null;
  }
}

async function togglePause() {
  await session.setPaused(!session.paused);
}

function say(text) {
  at('announcement').textContent = text;
}

async function cancel(id) {
  say(`Task ${session.tasks.get(id).number} ${(await session.cancel(id)) ? 'is cancelled' : 'has ended already'}`);
}

async function setPriority(id, priority) {
  const isChanged = await session.setPriority(id, priority);
  const task = `Task ${session.tasks.get(id).number}`;
  say(isChanged ? `${task} is ${priority} now` : `${task} keeps its priority: only what is parked can change it`);
}

function choose(id) {
  lot.choose(id);
  taskPanel.choose(id);
  showSoon();
}

function steer(event) {
  const id = event.target.dataset.task;
  if (id === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const { order } = lot;
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step) lot.focus(order[Math.min(order.length - 1, Math.max(0, order.indexOf(id) + step))]);
  else if (event.key === 'Home') lot.focus(order[0]);
  else if (event.key === 'End') lot.focus(order.at(-1));
  else if (event.key === 'Delete' || event.key === 'Backspace') act.cancel(id);
  else if (event.key === 'Escape') choose(undefined);
  else if (PRIORITY_KEYS[event.key]) act.setPriority(id, PRIORITY_KEYS[event.key]);
  else return;
  event.preventDefault();
}

function offerWorkers() {
  const usual = Math.min(8, Math.max(6, navigator.hardwareConcurrency ?? 6));
  for (let count = 1; count <= 8; count += 1) at('workers').append(new Option(count, count, count === usual, count === usual));
}

offerWorkers();
at('start').addEventListener('click', guard(start));
at('deeper').addEventListener('click', guard(() => session.addView()));
at('kill').addEventListener('click', killThisTab);
at('fetch').addEventListener('click', guard(() => mailbox.fetch()));
at('acknowledge').addEventListener('click', guard(() => mailbox.acknowledge()));
at('pause').addEventListener('click', guard(togglePause));
at('vehicles').addEventListener('keydown', steer);
at('vehicles').addEventListener('click', (event) => choose(event.target.closest('[data-task]')?.dataset.task));
session.addEventListener('change', showSoon);
session.addEventListener('tile', ({ detail: { record, result } }) => {
  painter.paint(record.view, session.views[record.view], record.tile, result).catch(fail);
});
addEventListener('error', (event) => fail(event.error ?? event.message));
addEventListener('unhandledrejection', (event) => fail(event.reason));
// In a frame of its own, since the bays' size changes the lot's height.
new ResizeObserver(() => requestAnimationFrame(() => lot.resize(snapshot()))).observe(at('lot'));

function snapshot() {
  return { running: session.running, parked: session.parked, tasks: session.tasks, paused: session.paused };
}

lot.resize(snapshot());
showSoon();
showSoon();
void guard(goOn)();
