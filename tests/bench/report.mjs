// What every benchmark has in common: samples, ratios, bars, an aligned table, JSON with the machine it ran on.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** A bar that a figure must reach: `limit('≤', 8)`. */
export const limit = (is, value) => ({ is, value });

/** The rows of one benchmark, printed as a table and written as JSON. */
export class Report {
  #part;
  #rows = [];
  #notes = [];
  #loadBefore = os.loadavg()[0];

  constructor(part) {
    this.#part = part;
  }

  /**
   * One figure. `samples` are its values, one a round; the best is the least, or the greatest where `better` is 'more'.
   * `ratio` is `{value, of}`: how the best relates to another best of the same run. `bar` judges the ratio if there is
   * one, else the best.
   */
  add({ name, unit, samples, better = 'less', ratio, bar }) {
    const sorted = [...samples].sort((a, b) => a - b);
    const best = better === 'more' ? sorted.at(-1) : sorted[0];
    const row = { name, unit, median: sorted[Math.floor(sorted.length / 2)], best, samples, ratio };
    if (bar) row.bar = { ...bar, met: meets(ratio?.value ?? best, bar) };
    this.#rows.push(row);
    return row;
  }

  note(text) {
    this.#notes.push(text);
  }

  /** Prints the table and writes the JSON to the path given by --out. */
  finish(tools = {}) {
    const machine = { ...describeMachine(), ...tools, loadBefore: this.#loadBefore };
    console.log(`\n${this.#part}: ${machine.cpu}, ${machine.cores} cores, load ${machine.loadBefore.toFixed(1)}`);
    console.log(table([headings, ...this.#rows.map(cells)]));
    for (const note of this.#notes) console.log(`  ${note}`);
    const { out } = parseArgs({ options: { out: { type: 'string' } } }).values;
    if (out === undefined) return;
    mkdirSync(path.dirname(path.resolve(out)), { recursive: true });
    const written = { part: this.#part, date: new Date().toISOString(), machine, rows: this.#rows, notes: this.#notes };
    writeFileSync(out, `${JSON.stringify(written, null, 2)}\n`);
    console.log(`  written to ${out}`);
  }
}

/** The first line that a program prints about its version; undefined if it is not there. */
export function versionOf(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0].trim();
  } catch {
    return undefined;
  }
}

const headings = ['', 'median', 'best', 'unit', 'ratio', 'bar', ''];

function cells({ name, median, best, unit, ratio, bar }) {
  const ratioText = ratio ? `${figure(ratio.value)} × ${ratio.of}` : '';
  const barText = bar ? `${bar.is} ${figure(bar.value)}` : '';
  return [name, figure(median), figure(best), unit, ratioText, barText, bar ? (bar.met ? 'met' : 'NOT MET') : ''];
}

function meets(value, { is, value: wanted }) {
  return is === '≤' ? value <= wanted : value >= wanted;
}

/** Three significant digits, thousands apart. */
function figure(value) {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
}

/** Columns of figures to the right, of words to the left. */
function table(rows) {
  const rightAligned = new Set([1, 2, 4]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (text, column) =>
    rightAligned.has(column) ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return rows.map((row) => `  ${row.map(pad).join('  ').trimEnd()}`).join('\n');
}

function describeMachine() {
  return { cpu: os.cpus()[0]?.model.trim() ?? 'unknown', cores: os.cpus().length, node: process.version };
}
