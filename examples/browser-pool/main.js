// Puts the page together: the session in the middle, the lot, the picture and the panels round it.

import { LotView } from './lot/lot-view.js';
import { CAPACITY } from './pool.js';
import { Figures, summariseWaits, throughputOf } from './panels/figures.js';
import { MailboxPanel } from './panels/mailbox-panel.js';
import { TaskPanel } from './panels/task-panel.js';
import { Painter } from './picture/painter.js';
import { magnification, VIEWS } from './picture/views.js';
import { writeReport } from './report.js';
import { Session } from './session.js';

const PRIORITY_KEYS = { 1: 'low', 2: 'normal', 3: 'high', 4: 'critical' };
const ANNOUNCE_EVERY_MS = 4000;

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
const act = { cancel: guard((id) => session.cancel(id)), setPriority: guard(setPriority) };
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
  const tasks = [...session.tasks.values()];
  const { running, parked } = session;
  const stats = session.opened ? await session.stats() : { unitsInUse: 0 };
  const inUse = stats.unitsInUse;
  peak = Math.max(peak, inUse, stats.peakUnits ?? 0);
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
    throughput: throughputOf(tasks),
  });
  mailbox.show();
  taskPanel.refresh().catch(fail);
  const state = describeState();
  const peakAudited = state === 'done' ? await session.peakAudited() : undefined;
  announce(state, running.length, parked.length, completed);
  writeReport(at('report'), session, { state, cap: CAPACITY, peak, peakAudited, failures });
}

function describeState() {
  if (!session.opened) return 'idle';
  if (!session.busy) return 'done';
  return session.paused ? 'paused' : 'running';
}

/** Speaks at once when the state changes, else seldom. */
function announce(state, running, parked, completed) {
  const now = performance.now();
  if (announce.last === state && (state !== 'running' || now - announcedAt < ANNOUNCE_EVERY_MS)) return;
  announce.last = state;
  announcedAt = now;
  if (state !== 'idle') at('announcement').textContent = `${state}: ${running} running, ${parked} parked, ${completed} completed`;
}

async function start() {
  at('start').disabled = true;
  at('workers').disabled = true;
  await session.open(Number(at('workers').value));
  at('pause').disabled = false;
  at('deeper').hidden = false;
  at('deeper').focus();
  at('start').hidden = true;
  await zoomIn();
}

async function zoomIn() {
  const view = VIEWS[session.views.length % VIEWS.length];
  at('picture-name').textContent = view.name;
  at('picture-scale').textContent = `× ${magnification(view).toLocaleString('en', { maximumSignificantDigits: 2 })}`;
  await session.addView();
  at('deeper').textContent = session.views.length % VIEWS.length === 0 ? 'From the top' : 'Zoom in';
}

async function togglePause() {
  await session.setPaused(!session.paused);
  at('pause').setAttribute('aria-pressed', String(session.paused));
  at('pause').textContent = session.paused ? 'Resume' : 'Pause';
}

async function setPriority(id, priority) {
  if (await session.setPriority(id, priority)) at('announcement').textContent = `Task is ${priority} now`;
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
at('deeper').addEventListener('click', guard(zoomIn));
at('fetch').addEventListener('click', guard(() => mailbox.fetch()));
at('acknowledge').addEventListener('click', guard(() => mailbox.acknowledge()));
at('pause').addEventListener('click', guard(togglePause));
at('vehicles').addEventListener('keydown', steer);
at('vehicles').addEventListener('click', (event) => choose(event.target.closest('[data-task]')?.dataset.task));
session.addEventListener('change', showSoon);
session.addEventListener('tile', ({ detail: { record, result } }) => {
  painter.paint(record.view, session.views[record.view], record.tile, result);
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
