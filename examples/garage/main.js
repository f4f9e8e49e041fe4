// The page: the day goes on with each frame, and everything that is shown comes out of the garage.

import { Day } from './day/day.js';
import { firstTariff } from './garage-config.js';
import { GatePanel } from './gates/gate-panel.js';
import { drawLane } from './gates/lane.js';
import { SpotPanel } from './gates/spot-panel.js';
import { TariffEditor } from './tariff/editor.js';
import { drawDay } from './view/curve.js';
import { countOf, moneyOf, timeOf, wholeMoneyOf } from './view/format.js';
import { Levels } from './view/levels.js';

const hourMs = 3_600_000;
const $ = (id) => document.querySelector(`#${id}`);
const operator = { by: 'the page', reason: 'pressed on the page' };

let day;
let tariff = firstTariff;
let seed = 1;
let isPlaying = false;
let isMoving = false;

const levels = new Levels($('levels'), (spot) => {
  spotPanel.choose(spot);
  showSpot();
});
const spotPanel = new SpotPanel(act);

/** A new day, which is shown from `hour` on. */
async function open(hour) {
  play(false);
  day?.close();
  const changed = new Map();
  day = await Day.open({ tariff, kind: $('kind').value, seed, heard: (spots, state) => {
    for (const spot of spots) changed.set(spot, state);
  } });
  day.changed = changed;
  const spots = await day.garage.spots();
  day.spots = spots.length;
  day.freeBefore = '';
  levels.build(spots);
  await moveTo(day.begin + hour * hourMs);
}

/** Lets the day go on until `time`, and shows what came of it. */
async function moveTo(time) {
  if (isMoving) return;
  isMoving = true;
  try {
    await day.advance(time);
    await show();
  } finally {
    isMoving = false;
  }
}

async function show() {
  const { changed } = day;
  for (const [spot, state] of changed) levels.show(spot, state, day.vehicles.get(spot));
  changed.clear();
  const occupancy = await day.garage.occupancy();
  const { occupied, spots } = occupancy;
  $('clock').textContent = day.isOver ? '24:00' : timeOf(day.now);
  $('occupied').textContent = countOf(occupied);
  $('spots').textContent = `of ${spots}, ${Math.round((occupied / spots) * 100)} %`;
  $('gauge').style.setProperty('--full', `${(occupied / spots) * 100}%`);
  $('gauge').classList.toggle('nearly', occupied / spots > 0.9);
  $('waiting').textContent = countOf(occupancy.waiting);
  $('entered').textContent = countOf(day.entered);
  $('turned-away').textContent = countOf(day.turnedAway);
  $('revenue').textContent = wholeMoneyOf(day.revenue);
  showFree();
  drawLane($('lane'), day.garage.facts.entrances, day.lane);
  drawDay($('day-plot'), { begin: day.begin, samples: day.samples, spots });
  await showSpot();
  $('finish').disabled = day.isOver;
  $('play').disabled = day.isOver;
  if (day.isOver && isPlaying) play(false);
  report(occupancy);
}

function showFree() {
  const taken = {};
  for (const spot of day.vehicles.keys()) {
    const level = spot.split('/')[0];
    taken[level] = (taken[level] ?? 0) + 1;
  }
  const { levels: names } = day.garage.facts;
  for (const level of names) levels.showFree(level, day.spots / names.length - (taken[level] ?? 0), day.spots / names.length);
}

async function showSpot() {
  const { spot: name } = spotPanel;
  if (!name) return;
  const spot = (await day.garage.spots()).find((each) => each.spot === name);
  const vehicle = day.vehicles.get(name);
  if (!vehicle) return spotPanel.show({ spot }, day.now);
  const { ticket } = vehicle;
  const [seen, price] = await Promise.all([day.garage.ticket({ ticket }), day.garage.price({ ticket })]);
  spotPanel.show({ spot, ticket: seen, price }, day.now);
}

/** What the buttons of a spot do. */
async function act(what, spot) {
  const vehicle = day.vehicles.get(spot);
  if (!vehicle) return;
  const { plate, ticket } = vehicle;
  try {
    if (what === 'pay') {
      const { due } = await day.garage.price({ ticket });
      const { leaveBy } = await day.pay(ticket, due);
      announce(`${plate} has paid ${moneyOf(due)}${leaveBy ? ` and may leave until ${timeOf(leaveBy)}` : ''}.`);
    }
    if (what === 'exit') announce(`${plate} has left and paid ${moneyOf((await day.exit(ticket)).paidHere)} at the exit.`);
    if (what === 'lost') {
      await day.garage.reportLost(plate);
      announce(`The ticket of ${plate} is lost.`);
    }
    if (what === 'void') {
      await day.garage.makeVoid({ ticket, ...operator });
      announce(`The ticket of ${plate} is void; its spot is free.`);
    }
  } catch (error) {
    announce(error.message);
  }
  await show();
}

function announce(text) {
  $('announcement').textContent = text;
  gatePanel?.say(text);
}

/** For whoever drives this page. */
function report(occupancy) {
  const { now, begin, entered, left, turnedAway, revenue, isOver, expected } = day;
  $('report').textContent = JSON.stringify({ hour: (now - begin) / hourMs, occupancy, entered, left, turnedAway, revenue, isOver, isPlaying, seed, expected });
}

// --- time

let lastFrame;

function play(on) {
  isPlaying = on;
  lastFrame = undefined;
  $('play').textContent = on ? 'Pause' : 'Play';
  $('play').setAttribute('aria-pressed', String(on));
  if (on) requestAnimationFrame(frame);
}

async function frame(time) {
  if (!isPlaying) return;
  // A hidden tab has no frames; what it missed is not caught up with.
  const passed = Math.min(100, time - (lastFrame ?? time));
  lastFrame = time;
  await moveTo(day.now + passed * Number($('speed').value)).catch(fail);
  requestAnimationFrame(frame);
}

function fail(error) {
  play(false);
  $('failure').hidden = false;
  $('failure').textContent = error.message;
  throw error;
}

// --- controls

let gatePanel;

async function start() {
  await open(8.5);
  gatePanel = new GatePanel(day.garage.facts.entrances, async (vehicle) => {
    const answer = await day.enter(vehicle);
    await show();
    if (!answer.waits) levels.select(answer.spots[0]);
    return answer;
  });
  const editor = new TariffEditor(tariff, (edited) => {
    tariff = edited;
    const hour = (day.now - day.begin) / hourMs;
    open(hour).then(() => announce('The same day, with the new tariff.')).catch(fail);
  });
  await editor.start();
  $('play').addEventListener('click', () => play(!isPlaying));
  $('finish').addEventListener('click', () => {
    play(false);
    moveTo(Infinity).catch(fail);
  });
  $('again').addEventListener('click', () => {
    seed += 1;
    open(8.5).catch(fail);
  });
  $('kind').addEventListener('change', () => open(8.5).catch(fail));
  document.body.dataset.ready = 'yes';
}

start().catch(fail);
