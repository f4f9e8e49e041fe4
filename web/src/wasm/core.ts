import { invalid, ParkingLotError } from '../errors.js';
import { type Abort, loadModule, type PackagedModule, type WasmSource } from './load.js';
import { Field, type RawFunctions, type RawModule } from './raw.js';

/** The fields of a task as the core takes them; see `Field`. */
export type TaskNumbers = Float64Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Up to so many characters a loop is faster than the encoder, if all are ASCII. */
const shortText = 256;

/** Writes the text at `start` if it is short and ASCII; answers whether it was. */
function putsShort(text: string, bytes: Uint8Array, start: number): boolean {
  const { length } = text;
  if (length > shortText) return false;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    bytes[start + i] = code;
  }
  return true;
}

/**
 * The module, with memory and text made safe to use. What is called per task is a plain function of `raw`; this class
 * adds what needs memory.
 *
 * Views of memory are never kept across calls, since the memory moves when it grows.
 */
export class Core {
  /** What is called for every task, taken off the module, whose members are slow to look up. */
  readonly submitFast: RawFunctions['_pl_submit_fast'];
  readonly flush: RawFunctions['_pl_flush'];
  readonly take: RawFunctions['_pl_take'];
  readonly finished: RawFunctions['_pl_finished'];
  private readonly entries: RawFunctions['_pl_entries'];
  /** Called when the module stops in a call of `raw`, which then answers 0, as all do that come later. */
  onBroken: ((cause: unknown) => void) | undefined;
  private heap: Int32Array;
  private readonly textIn: number;
  private readonly textCapacity: number;
  private readonly numbersIn: number;

  private constructor(
    readonly raw: RawModule,
    private readonly abort: Abort,
  ) {
    this.submitFast = raw._pl_submit_fast;
    this.flush = raw._pl_flush;
    this.take = raw._pl_take;
    this.finished = raw._pl_finished;
    this.entries = raw._pl_entries;
    this.guard();
    this.heap = raw.HEAP32;
    this.textIn = raw._pl_text_in();
    this.textCapacity = raw._pl_text_capacity();
    this.numbersIn = raw._pl_numbers_in() / 8;
  }

  static async load(packaged: PackagedModule, source?: WasmSource | Promise<WasmSource>): Promise<Core> {
    try {
      const { raw, abort } = await loadModule(packaged, source);
      return new Core(raw, abort);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ParkingLotError('unavailable', `The WebAssembly module cannot be loaded: ${why}`, { cause });
    }
  }

  /** Whoever calls the module need not expect that it stops: everything that waits is told so elsewhere. */
  private guard(): void {
    let isBroken = false;
    const stopped = (cause: unknown): number => {
      if (!(cause instanceof WebAssembly.RuntimeError) || !this.onBroken) throw cause;
      isBroken = true;
      this.onBroken(cause);
      return 0;
    };
    const functions = this.raw as unknown as Record<string, unknown>;
    for (const name of Object.keys(functions)) {
      const call = functions[name];
      if (!name.startsWith('_pl_') || typeof call !== 'function') continue;
      // As many parameters as most have: the module ignores what is too much, and a list would cost an array for each call.
      functions[name] = (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => {
        if (isBroken) return 0;
        try {
          return call(a, b, c, d, e, f, g);
        } catch (cause) {
          return stopped(cause);
        }
      };
    }
  }

  /** What the core said when it stopped, or undefined while it is well. */
  get abortReason(): string | undefined {
    return this.abort.reason;
  }

  /** Writes text at `offset` of the buffer; answers its length in bytes. */
  put(text: string, field: string, offset = 0): number {
    if (text.length === 0) return 0;
    const start = this.textIn + offset;
    if (offset + shortText <= this.textCapacity && putsShort(text, this.raw.HEAPU8, start))
      return text.length;
    const room = this.raw.HEAPU8.subarray(start, this.textIn + this.textCapacity);
    const { read, written } = encoder.encodeInto(text, room);
    if (read < text.length) throw invalid('invalid_argument', field, 'is too long', text);
    return written;
  }

  /** Interns a name; the caller holds it. */
  name(text: string, field: string): number {
    return this.raw._pl_name(this.put(text, field));
  }

  mailboxKey(tenant: string, user: string, session: string): number {
    const tenantLength = this.put(tenant, 'mailbox.tenant');
    const userLength = this.put(user, 'mailbox.user', tenantLength);
    const sessionLength = this.put(session, 'mailbox.session', tenantLength + userLength);
    return this.raw._pl_mailbox_key(tenantLength, userLength, sessionLength);
  }

  submit(numbers: TaskNumbers, taskId: string): void {
    numbers[Field.idLength] = this.put(taskId, 'taskId');
    this.raw.HEAPF64.set(numbers, this.numbersIn);
    this.raw._pl_submit();
  }

  /** Keeps text as the bytes of a payload or a result; answers their id. */
  keep(text: string): number {
    const roomy = text.length * 3;
    if (roomy <= 65_536) {
      const start = this.raw._pl_bytes_in(roomy);
      const bytes = this.raw.HEAPU8;
      if (putsShort(text, bytes, start)) return this.raw._pl_put(text.length);
      return this.raw._pl_put(encoder.encodeInto(text, bytes.subarray(start, start + roomy)).written);
    }
    const bytes = encoder.encode(text);
    const start = this.raw._pl_bytes_in(bytes.length);
    this.raw.HEAPU8.set(bytes, start);
    return this.raw._pl_put(bytes.length);
  }

  /** The text that is kept under this id; undefined if it cannot be read. */
  kept(id: number): string | undefined {
    const length = this.raw._pl_read(id);
    if (length < 0) return undefined;
    const start = this.raw._pl_bytes_out();
    return decoder.decode(this.raw.HEAPU8.subarray(start, start + length));
  }

  taskId(slot: number, generation: number): string {
    const length = this.raw._pl_task_id(slot, generation);
    return decoder.decode(this.raw.HEAPU8.subarray(this.textIn, this.textIn + length));
  }

  /** Text that belongs to the current entries. */
  textOut(offset: number, length: number): string {
    if (length === 0) return '';
    const start = this.raw._pl_text_out() + offset;
    return decoder.decode(this.raw.HEAPU8.subarray(start, start + length));
  }

  /** The figures of a pool, in the order of the core's `PoolStats`, then two of each of up to eight resources. */
  stats(pool: number): Float64Array {
    const start = this.raw._pl_stats(pool) / 8;
    return this.raw.HEAPF64.slice(start, start + 35);
  }

  /** Where the current entries begin, as an index into HEAP32; each takes `entryWords`. */
  entriesStart(): number {
    return this.entries() / 4;
  }

  /** The module's memory as words. A view whose memory has moved is empty. */
  get words(): Int32Array {
    if (this.heap.length === 0) this.heap = this.raw.HEAP32;
    return this.heap;
  }
}
