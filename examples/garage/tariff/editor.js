// The tariff as a form, and what a stay would cost under it: each line explained, and a curve over the length of the stay. The
// draft is priced by a garage of its own, so that nothing changes in the one that is shown.

import { Garages } from 'prometheus-parking-lot/garage';
import { drawPrices } from '../view/curve.js';
import { dayTimeOf, lengthOf, moneyOf } from '../view/format.js';
import { element } from '../view/levels.js';
import { nameOfLine } from './lines.js';

const hourMs = 3_600_000;

/** Fields by the path of what they change. Money is shown in euros and kept in cents. */
const fields = [
  { path: 'tiers.0.fee', label: 'First hour', unit: '€' },
  { path: 'increment.fee', label: 'Each 30 min', unit: '€' },
  { path: 'daily_cap.amount', label: 'Day’s maximum', unit: '€' },
  { path: 'overnight.fee', label: 'Night, 22–6', unit: '€' },
  { path: 'weekend.percent', label: 'Weekend', unit: '%' },
  { path: 'surge.occupancy.0.percent', label: 'Over 90 % full', unit: '%' },
  { path: 'grace_entry', label: 'Free at entry', unit: 'min' },
];

const entries = [
  ['Monday morning', '2026-04-06T09:00:00+02:00'],
  ['Friday evening', '2026-04-10T19:30:00+02:00'],
  ['Saturday noon', '2026-04-11T12:00:00+02:00'],
  ['the night clocks go forward', '2026-03-28T20:00:00+01:00'],
  ['New Year’s Eve', '2026-12-31T18:00:00+01:00'],
];

export class TariffEditor {
  #tariff;
  #garages;
  #form = document.querySelector('#tariff');
  #entry = document.querySelector('#quote-entry');
  #length = document.querySelector('#quote-length');
  #note = document.querySelector('#tariff-note');
  #turn = 0;

  constructor(tariff, use) {
    this.#tariff = structuredClone(tariff);
    for (const field of fields) this.#form.append(this.#field(field));
    this.#entry.append(...entries.map(([name, time]) => new Option(name, time)));
    this.#form.addEventListener('input', () => this.#price());
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    for (const control of [this.#entry, this.#length]) control.addEventListener('input', () => this.#show());
    document.querySelector('#use-tariff').addEventListener('click', () => use(structuredClone(this.#tariff)));
  }

  async start() {
    await this.#price();
  }

  #field({ path, label, unit }) {
    const line = element('label', 'field', label);
    const value = valueAt(this.#tariff, path);
    const input = Object.assign(element('input'), {
      type: 'number',
      min: 0,
      step: unit === '€' ? 0.05 : 5,
      value: unit === '€' ? (value / 100).toFixed(2) : unit === 'min' ? Number.parseInt(value, 10) : value,
    });
    input.dataset.path = path;
    const box = element('span', 'box');
    box.append(input, element('span', 'unit', unit));
    line.append(box);
    return line;
  }

  /** Reads the form, and opens a garage that knows the tariff. The core says what is wrong with it. */
  async #price() {
    const turn = ++this.#turn;
    const draft = structuredClone(this.#tariff);
    for (const { path, unit } of fields) {
      const number = Number(this.#form.querySelector(`[data-path="${path}"]`).value);
      setAt(draft, path, unit === '€' ? Math.round(number * 100) : unit === 'min' ? `${number}m` : number);
    }
    try {
      const opened = await Garages.open({
        garages: { draft: { zone: 'Europe/Berlin', levels: { P1: { A: 1 } }, tariffs: { standard: draft } } },
      });
      if (turn !== this.#turn) return opened.close();
      this.#garages?.close();
      this.#garages = opened;
      this.#tariff = draft;
      this.#say('');
      await this.#show();
    } catch (error) {
      if (turn !== this.#turn) return;
      const [issue] = error.issues ?? [];
      this.#say(issue ? `${issue.path.replace('garages.draft.tariffs.standard.', '')} ${issue.message}` : error.message, true);
    }
  }

  async #show() {
    const garage = this.#garages?.garage('draft');
    if (!garage) return;
    const hours = Number(this.#length.value);
    const entry = new Date(this.#entry.value);
    const quoteFor = (stay) => garage.quote({ entry, exit: new Date(entry.getTime() + stay * hourMs) });
    const longest = hours > 24 ? 72 : 24;
    const stays = Array.from({ length: longest * 2 + 1 }, (_, i) => i / 2);
    const [quote, ...curve] = await Promise.all([quoteFor(hours), ...stays.map(quoteFor)]);
    drawPrices(document.querySelector('#price-plot'), stays.map((stay, i) => ({ hours: stay, amount: curve[i].amount })), { hours, amount: quote.amount });
    document.querySelector('#quote-stay').textContent = lengthOf(hours * hourMs);
    this.#length.setAttribute('aria-valuetext', lengthOf(hours * hourMs));
    document.querySelector('#quote-amount').textContent = moneyOf(quote.amount);
    document.querySelector('#quote-lines tbody').replaceChildren(...quote.lines.map(rowOf));
  }

  #say(text, isBad = false) {
    this.#note.textContent = text;
    this.#note.classList.toggle('bad', isBad);
    document.querySelector('#use-tariff').disabled = isBad;
  }
}

function rowOf(line) {
  const row = element('tr');
  const times = [line.from, line.to].map((time) => element('td', '', time ? dayTimeOf(time) : ''));
  row.append(element('td', '', nameOfLine(line)), ...times, element('td', 'amount', moneyOf(line.amount)));
  return row;
}

function valueAt(object, path) {
  return path.split('.').reduce((value, key) => value[key], object);
}

function setAt(object, path, value) {
  const keys = path.split('.');
  const last = keys.pop();
  keys.reduce((inner, key) => inner[key], object)[last] = value;
}
