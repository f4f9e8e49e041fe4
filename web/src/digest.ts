const encoder = new TextEncoder();
const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/**
 * A 64-bit FNV-1a digest of a value, as two 32-bit numbers, never both 0: equal bodies have equal digests, whatever the
 * order of their keys. Values that are not plain data (blobs, streams) count as equal only to themselves.
 */
export function digestOf(value: unknown): { high: number; low: number } {
  const fnv = new Fnv();
  feed(fnv, value, new Set());
  return fnv.digest();
}

class Fnv {
  private high = 0xcbf29ce4;
  private low = 0x84222325;

  /** hash = (hash ^ byte) * 0x100000001b3, in two halves. */
  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const low = (this.low ^ byte) >>> 0;
      const product = low * 0x1b3;
      const carry = Math.floor(product / 0x1_0000_0000);
      this.high = (Math.imul(this.high, 0x1b3) + carry + (low << 8)) >>> 0;
      this.low = product >>> 0;
    }
  }

  text(text: string): void {
    this.bytes(encoder.encode(text));
  }

  digest(): { high: number; low: number } {
    return this.high === 0 && this.low === 0 ? { high: 0, low: 1 } : { high: this.high, low: this.low };
  }
}

function feed(fnv: Fnv, value: unknown, above: Set<object>): void {
  if (typeof value !== 'object' || value === null) return fnv.text(`${typeof value}:${String(value)};`);
  if (value instanceof Date) return fnv.text(`date:${value.getTime()};`);
  if (value instanceof RegExp) return fnv.text(`regexp:${value};`);
  if (value instanceof ArrayBuffer) return feedBytes(fnv, 'bytes', new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return feedBytes(fnv, Object.prototype.toString.call(value), bytes);
  }
  if (above.has(value)) return fnv.text('above;');
  above.add(value);
  feedContainer(fnv, value, above);
  above.delete(value);
}

function feedBytes(fnv: Fnv, type: string, bytes: Uint8Array): void {
  fnv.text(`${type}:${bytes.length};`);
  fnv.bytes(bytes);
}

function feedContainer(fnv: Fnv, value: object, above: Set<object>): void {
  if (Array.isArray(value)) {
    fnv.text(`array:${value.length};`);
    for (const item of value) feed(fnv, item, above);
  } else if (value instanceof Map || value instanceof Set) {
    fnv.text(`${value instanceof Map ? 'map' : 'set'}:${value.size};`);
    for (const item of value) feed(fnv, item, above);
  } else if (isPlain(value)) {
    const fields = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    fnv.text(`object:${fields.length};`);
    for (const [key, item] of fields) {
      fnv.text(`${key.length}:${key}=`);
      feed(fnv, item, above);
    }
  } else {
    let identity = identities.get(value);
    if (identity === undefined) {
      identity = ++lastIdentity;
      identities.set(value, identity);
    }
    fnv.text(`identity:${identity};`);
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}
