/** From this moment on clocks show UTC plus so many seconds. */
export type ZoneOffset = [utcMs: number, seconds: number];

/** As far as native systems list them: so both sides tell the core the same. */
const firstMs = 0;
const lastMs = Date.UTC(2038, 0, 1);
/** No zone changes its clocks twice within this time. */
const stepMs = 7 * 86_400_000;

const known = new Map<string, readonly ZoneOffset[]>();

/**
 * The offsets of an IANA zone from 1970 to 2037, from `Intl`. Throws a RangeError for a name that is none. Takes some
 * milliseconds, once per zone.
 */
export function zoneOffsets(zone: string): readonly ZoneOffset[] {
  if (zone === 'UTC') return [];
  const before = known.get(zone);
  if (before) return before;
  const offsetAt = offsetReader(zone);
  const offsets: ZoneOffset[] = [[firstMs, offsetAt(firstMs)]];
  for (let from = firstMs; from < lastMs; from += stepMs) {
    const until = Math.min(from + stepMs, lastMs);
    const offset = offsetAt(until);
    if (offset === offsets.at(-1)![1]) continue;
    offsets.push([changeBetween(from, until, offset, offsetAt), offset]);
  }
  known.set(zone, offsets);
  return offsets;
}

/** The first second with the new offset. */
function changeBetween(
  from: number,
  until: number,
  offset: number,
  offsetAt: (ms: number) => number,
): number {
  let [before, after] = [from / 1000, until / 1000];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle * 1000) === offset) after = middle;
    else before = middle;
  }
  return after * 1000;
}

function offsetReader(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    // `3/29/2026, 03:00:00`. (Some engines write midnight as 24.)
    const [month, day, year, hour, minute, second] = format.format(ms).match(/\d+/g)!.map(Number);
    return (Date.UTC(year!, month! - 1, day!, hour! % 24, minute!, second!) - ms) / 1000;
  };
}
