import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GrowingBytes } from '../../src/storage/memory-disk.js';
import { headerBytes, headerOf, nameIn, type SyncHandle } from '../../src/storage/opfs-handles.js';
import { beginSwitch, finishSwitch } from '../../src/storage/opfs-switch.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Files of a worker that ends after a number of changes. */
class MortalFiles {
  readonly handles: SyncHandle[] = [];

  constructor(public changesLeft = Number.POSITIVE_INFINITY) {}

  open(): SyncHandle {
    const bytes = new GrowingBytes();
    const live = () => {
      if (this.changesLeft-- <= 0) throw new Error('the worker is gone');
    };
    const handle: SyncHandle = {
      read: (into, { at }) => bytes.read(at, into),
      write: (from, { at }) => {
        live();
        bytes.write(at, from);
        return from.length;
      },
      truncate: (length) => {
        live();
        bytes.resize(length);
      },
      getSize: () => bytes.length,
      flush: () => undefined,
      close: () => undefined,
    };
    this.handles.push(handle);
    return handle;
  }

  begin(name: string, bytes: Uint8Array): SyncHandle {
    const handle = this.open();
    handle.write(bytes, { at: headerBytes });
    handle.write(headerOf(name), { at: 0 });
    return handle;
  }

  /** What the next worker finds; its own end comes after `changesLeft` more. */
  stored(): Map<string, SyncHandle> {
    const found = new Map<string, SyncHandle>();
    for (const handle of this.handles) {
      const header = new Uint8Array(headerBytes);
      const name = nameIn(header.subarray(0, handle.read(header, { at: 0 })));
      if (name !== undefined) found.set(name, handle);
    }
    return found;
  }
}

const free = (handle: SyncHandle) => handle.truncate(0);

function textsOf(stored: Map<string, SyncHandle>): string[] {
  return [...stored].map(([name, handle]) => {
    const bytes = new Uint8Array(handle.getSize() - headerBytes);
    handle.read(bytes, { at: headerBytes });
    return `${name}: ${decoder.decode(bytes)}`;
  });
}

const before = { a: 'one', b: 'two', c: 'three' };
const after = new Map([
  ['a', encoder.encode('ONE')],
  ['b', undefined],
  ['d', encoder.encode('four')],
]);
const formerTexts = ['a: one', 'b: two', 'c: three'];
const newTexts = ['a: ONE', 'c: three', 'd: four'];

function switched(changes: number): MortalFiles {
  const files = new MortalFiles();
  for (const [name, text] of Object.entries(before)) files.begin(name, encoder.encode(text));
  const stored = files.stored();
  files.changesLeft = changes;
  try {
    const begun = beginSwitch(after, (name, bytes) => files.begin(name, bytes), free);
    for (const [name, handle] of begun) stored.set(name, handle);
    finishSwitch(stored, free);
  } catch (error) {
    assert.match(String(error), /the worker is gone/);
  }
  return files;
}

const textsAtLast = (files: MortalFiles) => {
  files.changesLeft = Number.POSITIVE_INFINITY;
  const stored = files.stored();
  finishSwitch(stored, free);
  assert.deepEqual(textsOf(files.stored()).sort(), textsOf(stored).sort());
  return textsOf(stored).sort();
};

test('a worker that ends in the middle of a switch leaves the former files or the new ones', () => {
  const seen = Array.from({ length: 20 }, (_, changes) => textsAtLast(switched(changes)).join());
  const firstNew = seen.indexOf(newTexts.join());
  assert.ok(firstNew > 0);
  assert.deepEqual([...new Set(seen.slice(0, firstNew))], [formerTexts.join()]);
  assert.deepEqual([...new Set(seen.slice(firstNew))], [newTexts.join()]);
});

test('so does the next worker if it ends too while it finishes the switch', () => {
  for (let changes = 0; changes < 20; changes++) {
    for (let more = 0; more < 10; more++) {
      const expected = textsAtLast(switched(changes));
      const files = switched(changes);
      files.changesLeft = more;
      try {
        finishSwitch(files.stored(), free);
      } catch (error) {
        assert.match(String(error), /the worker is gone/);
      }
      assert.deepEqual(textsAtLast(files), expected);
    }
  }
});

test('a switch that finds no space leaves nothing behind', () => {
  const files = new MortalFiles();
  for (const [name, text] of Object.entries(before)) files.begin(name, encoder.encode(text));
  let begun = 0;
  const begin = (name: string, bytes: Uint8Array) => {
    if (++begun === 3) throw new Error('no space');
    return files.begin(name, bytes);
  };
  assert.throws(() => beginSwitch(after, begin, free), /no space/);
  assert.deepEqual(textsOf(files.stored()).sort(), formerTexts);
});
