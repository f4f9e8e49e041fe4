import { type Disk, DiskError } from './disk.js';

/** Bytes that grow at their end without being copied each time. */
export class GrowingBytes {
  private buffer = new Uint8Array(0);
  length = 0;

  read(at: number, into: Uint8Array): number {
    const bytes = this.buffer.subarray(Math.min(at, this.length), Math.min(at + into.length, this.length));
    into.set(bytes);
    return bytes.length;
  }

  write(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    if (end > this.length) this.resize(end);
    this.buffer.set(bytes, at);
  }

  resize(length: number): void {
    if (length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(length, this.buffer.length * 2, 4096));
      grown.set(this.buffer.subarray(0, this.length));
      this.buffer = grown;
    } else if (length > this.length) {
      this.buffer.fill(0, this.length, length);
    }
    this.length = length;
  }

  /** Valid until the next change. */
  get all(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}

/** Files that end with this realm: what stands in for storage that the browser refuses. */
export class MemoryDisk implements Disk {
  private readonly files = new Map<string, GrowingBytes>();

  list(): string[] {
    return [...this.files.keys()];
  }

  create(file: string): void {
    if (this.files.has(file)) throw new DiskError('exists', `the file ${file} is there already`);
    this.files.set(file, new GrowingBytes());
  }

  size(file: string): number {
    return this.file(file).length;
  }

  read(file: string, at: number, into: Uint8Array): number {
    return this.file(file).read(at, into);
  }

  write(file: string, at: number, bytes: Uint8Array): void {
    this.file(file).write(at, bytes);
  }

  truncate(file: string, bytes: number): void {
    this.file(file).resize(bytes);
  }

  remove(file: string): void {
    this.files.delete(file);
  }

  async sync(): Promise<void> {
    // Nothing here is durable, and nobody says so: see `FallbackDisk`.
  }

  async close(): Promise<void> {
    this.files.clear();
  }

  private file(name: string): GrowingBytes {
    const file = this.files.get(name);
    if (!file) throw new DiskError('not_found', `there is no file ${name}`);
    return file;
  }
}
