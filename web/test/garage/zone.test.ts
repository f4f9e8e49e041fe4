import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zoneOffsets } from '../../src/garage/zone.js';

test('the nights when clocks change in Berlin and New York are found to the second', () => {
  const in2026 = (zone: string) =>
    zoneOffsets(zone)
      .filter(([utc]) => new Date(utc).getUTCFullYear() === 2026)
      .map(([utc, seconds]) => [new Date(utc).toISOString(), seconds]);
  assert.deepEqual(in2026('Europe/Berlin'), [
    ['2026-03-29T01:00:00.000Z', 7200],
    ['2026-10-25T01:00:00.000Z', 3600],
  ]);
  assert.deepEqual(in2026('America/New_York'), [
    ['2026-03-08T07:00:00.000Z', -14400],
    ['2026-11-01T06:00:00.000Z', -18000],
  ]);
  assert.deepEqual(in2026('Australia/Lord_Howe'), [
    ['2026-04-04T15:00:00.000Z', 37800],
    ['2026-10-03T15:30:00.000Z', 39600],
  ]);
});

test('zones without changes have one offset, UTC has none, and a name that is no zone is refused', () => {
  assert.deepEqual(zoneOffsets('UTC'), []);
  assert.deepEqual(zoneOffsets('Asia/Kolkata'), [[0, 19800]]);
  assert.throws(() => zoneOffsets('Europe/Atlantis'), RangeError);
});

/** A version 2 TZif file (RFC 9636), as native hosts read it. */
function offsetsInFile(zone: string): [number, number][] {
  const file = readFileSync(`/usr/share/zoneinfo/${zone}`);
  const counts = (at: number) => [0, 1, 2, 3, 4, 5].map((i) => file.readUInt32BE(at + 20 + 4 * i));
  const [isut, isstd, leap, time, type, char] = counts(0) as [number, number, number, number, number, number];
  const second = 44 + time * 5 + type * 6 + char + leap * 8 + isstd + isut;
  const times = counts(second)[3]!;
  const [timesAt, kindsAt, typesAt] = [second + 44, second + 44 + times * 8, second + 44 + times * 9];
  const offsets: [number, number][] = [[0, file.readInt32BE(typesAt)]];
  for (let i = 0; i < times; i++) {
    const utc = Number(file.readBigInt64BE(timesAt + 8 * i)) * 1000;
    const seconds = file.readInt32BE(typesAt + 6 * file[kindsAt + i]!);
    if (utc <= 0) offsets[0]![1] = seconds;
    else if (seconds !== offsets.at(-1)![1]) offsets.push([utc, seconds]);
  }
  return offsets;
}

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Tokyo',
  'Australia/Sydney',
  'America/Sao_Paulo',
  'Africa/Cairo',
];

test('both hosts tell the core the same: Intl and the zone files of the system agree from 2000 on', (context) => {
  if (!existsSync('/usr/share/zoneinfo/Europe/Berlin'))
    return context.diagnostic('this system has no zone files');
  const since = Date.UTC(2000, 0, 1);
  for (const zone of zones) {
    const recent = (offsets: readonly (readonly [number, number])[]) =>
      offsets.filter(([utc]) => utc >= since);
    // The versions of the two databases may differ in the rules of years to come; those of the past are settled.
    const past = (offsets: readonly (readonly [number, number])[]) =>
      recent(offsets).filter(([utc]) => utc < Date.UTC(2022, 0, 1));
    assert.deepEqual(past(zoneOffsets(zone)), past(offsetsInFile(zone)), zone);
  }
});
