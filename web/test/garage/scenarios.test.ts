import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { durationMs } from '../../src/moments.js';
import { garageModule } from '../../src/wasm/garage-module.js';
import { loadGarages, type RawGarages } from '../../src/wasm/garages.js';

/**
 * The scripts of garages in tests/scenario, whose traces the native build writes, replayed through the very module that is
 * shipped: every answer, figure and list must have the same bytes. A crash ends the replay, since nothing is stored here;
 * what is written to a journal is left out for the same reason.
 */
const folder = path.resolve(process.cwd(), '../tests/scenario');
const scripts = readdirSync(folder).filter((name) => name.startsWith('garage_'));
const beginMs = Date.UTC(2026, 0, 1, 12);

interface Traffic {
  replies: { request: number; answer: object }[];
  next?: number;
}

class Replay {
  readonly printed: string[] = [];
  private steadyMs = 0;
  private opened = 0;

  constructor(private readonly raw: RawGarages) {}

  /** Whether the script can go on. */
  execute(line: string): boolean {
    const rest = line.slice('garage '.length);
    if (rest.startsWith('config ')) this.open(rest.slice('config '.length));
    else if (rest.startsWith('{')) this.act(rest);
    else if (rest.startsWith('advance ')) this.advance(durationMs('advance', rest.slice('advance '.length)));
    else if (rest === 'figures') this.printed.push(this.raw.show(0, 'figures'));
    else if (rest === 'days') this.printed.push(this.raw.show(0, 'days'));
    else if (rest === 'spots') this.printed.push(...members(this.raw.show(0, 'spots')));
    else return false;
    return true;
  }

  private open(config: string): void {
    this.opened += 1;
    const answer = this.raw.openGarages(
      `{"garages": {"g": ${config}}}`,
      '',
      0,
      '',
      beginMs + this.steadyMs,
      this.steadyMs,
      BigInt(this.opened),
      2n,
    );
    assert.match(answer, /^\{"garages"/);
  }

  private act(command: string): number | undefined {
    const text = this.raw.act(0, 1, command, beginMs + this.steadyMs, this.steadyMs);
    const { replies, next } = JSON.parse(text) as Traffic;
    for (const { answer } of replies) {
      const bytes = JSON.stringify(answer);
      assert.ok(text.includes(bytes), `${bytes} is not how the core wrote it`);
      this.printed.push(`answer ${bytes}`);
    }
    return next;
  }

  private advance(ms: number): void {
    const end = this.steadyMs + ms;
    let next = this.act('{"do": "tick"}');
    while (this.steadyMs < end) {
      this.steadyMs = Math.max(this.steadyMs + 1, Math.min(end, next ?? end));
      next = this.act('{"do": "tick"}');
    }
  }
}

/** The objects of a list, as they are written. */
function members(list: string): string[] {
  return list.slice(1, -1).split(/(?<=\}),(?=\{)/);
}

for (const name of scripts) {
  test(`${garageModule.name} answers ${name} with the bytes of the native build`, async () => {
    const { raw } = await loadGarages(garageModule);
    const replay = new Replay(raw);
    const expected: string[] = [];
    let goesOn = true;
    for (const line of readFileSync(path.join(folder, name), 'utf8').split('\n')) {
      if (!goesOn) break;
      const traced = /^\| \[[^\]]*\] (?!write |checkpoint )(.*)$/.exec(line);
      if (traced) expected.push(traced[1]!);
      if (line.startsWith('garage ')) goesOn = line === 'garage checkpoint' || replay.execute(line);
    }
    assert.ok(expected.length > 5, 'the script shows little');
    assert.deepEqual(replay.printed, expected);
  });
}
