import { headerBytes, headerOf, type SyncHandle } from './opfs-handles.js';

// Neither can be the name of a store's file.
const successorPrefix = 'next:';
const noteName = 'switch:';

/** Writes a file under a name that no file has, and answers its handle. Throws if there is no space for it. */
export type Begin = (name: string, bytes: Uint8Array) => SyncHandle;

/**
 * Brings files to what they are to be, all of them or none: a crash at any moment leaves the former ones, or what `finishSwitch`
 * makes the new ones of. `files`: what each is to hold; undefined: it is to go.
 *
 * The new ones are written beside the former ones, and then a note that they are whole, and which files go.
 */
export function beginSwitch(
  files: ReadonlyMap<string, Uint8Array | undefined>,
  begin: Begin,
  free: (handle: SyncHandle) => void,
): Map<string, SyncHandle> {
  const begun = new Map<string, SyncHandle>();
  const write = (name: string, bytes: Uint8Array) => {
    const handle = begin(name, bytes);
    begun.set(name, handle);
    handle.flush();
  };
  const going: string[] = [];
  try {
    for (const [name, bytes] of files) {
      if (bytes) write(successorPrefix + name, bytes);
      else going.push(name);
    }
    write(noteName, new TextEncoder().encode(going.join('\n')));
  } catch (error) {
    // The note before the others, if it is there: without it they mean nothing.
    for (const handle of [...begun.values()].reverse()) free(handle);
    throw error;
  }
  return begun;
}

/** Puts what a noted switch has written in place, and drops what belongs to none. `stored`: all files, which it changes. */
export function finishSwitch(stored: Map<string, SyncHandle>, free: (handle: SyncHandle) => void): void {
  const drop = (name: string) => {
    const handle = stored.get(name);
    if (!handle) return;
    stored.delete(name);
    free(handle);
    handle.flush();
  };
  const note = stored.get(noteName);
  for (const [name, handle] of [...stored]) {
    if (!name.startsWith(successorPrefix)) continue;
    if (!note) {
      drop(name);
      continue;
    }
    const place = name.slice(successorPrefix.length);
    drop(place);
    handle.write(headerOf(place), { at: 0 });
    handle.flush();
    stored.delete(name);
    stored.set(place, handle);
  }
  if (!note) return;
  const going = new Uint8Array(Math.max(0, note.getSize() - headerBytes));
  note.read(going, { at: headerBytes });
  for (const name of new TextDecoder().decode(going).split('\n')) drop(name);
  // What it says is done.
  drop(noteName);
}
