// The package's storage from the inside, for specs: disks without a lot, and lots without the realm that leads them.

import { LocalLot } from '../../web/src/local-lot.js';
import { wordsOf } from '../../web/src/storage/disk.js';
import { FallbackDisk } from '../../web/src/storage/fallback-disk.js';
import { storage } from '../../web/src/storage/index.js';
import { LotStorage } from '../../web/src/storage/lot-storage.js';
import { OpfsDisk } from '../../web/src/storage/opfs-disk.js';
import { hasSyncHandles } from '../../web/src/storage/opfs-handles.js';
import { durableModule } from '../../web/src/wasm/durable-module.js';
import { IdbfsDisk } from '../../web/src/wasm/idbfs-disk.js';
import { loadModule } from '../../web/src/wasm/load.js';
import type { RawDurableModule } from '../../web/src/wasm/raw.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function idbfs(database: string, patience?: number) {
  const { raw } = await loadModule(durableModule);
  return Object.assign(await IdbfsDisk.open(raw as RawDurableModule, database, patience), { raw });
}

interface Written {
  write(file: string, at: number, bytes: Uint8Array): void;
  size(file: string): number;
  read(file: string, at: number, into: Uint8Array): number;
}

type Opening = Parameters<typeof LocalLot.open>;

const kit = {
  LocalLot: { open: (config: Opening[0], options: Opening[1]) => LocalLot.open(config, options, storage) },
  LotStorage,
  FallbackDisk,
  OpfsDisk,
  hasSyncHandles,
  loadModule,
  idbfs,
  write: (disk: Written, file: string, text: string, at = 0) => disk.write(file, at, encoder.encode(text)),
  read(disk: Written, file: string): string {
    const bytes = new Uint8Array(disk.size(file));
    disk.read(file, 0, bytes);
    return decoder.decode(bytes);
  },
  /** `ok`, or the fault of what was thrown. */
  async faultOf(act: () => unknown): Promise<string> {
    try {
      await act();
      return 'ok';
    } catch (error) {
      return `${(error as { fault?: string }).fault ?? 'no fault'}: ${wordsOf(error)}`;
    }
  },
  pause: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
};

Object.assign(globalThis, { kit });

// In a worker: runs the functions that the spec sends, one after the other.
if (typeof document === 'undefined') {
  globalThis.addEventListener('message', async ({ data }: MessageEvent) => {
    const { id, source, argument } = data as { id: number; source: string; argument: unknown };
    const reply = (message: object) => (globalThis as unknown as Worker).postMessage({ id, ...message });
    try {
      reply({ answer: await (0, eval)(`(${source})`)(argument) });
    } catch (error) {
      reply({ failure: `${(error as Error).stack ?? error}` });
    }
  });
  (globalThis as unknown as Worker).postMessage({ ready: true });
}
