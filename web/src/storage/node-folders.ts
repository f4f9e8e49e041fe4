import type { NodeFiles } from './node-lock.js';

interface NodePaths {
  resolve(path: string): string;
  join(...parts: string[]): string;
  dirname(path: string): string;
  basename(path: string): string;
}

/** The modules of Node that storage needs. */
export interface NodeModules {
  readonly fs: NodeFiles;
  readonly path: NodePaths;
}

export function nodeModules(): NodeModules {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const module = (name: string) => process!.getBuiltinModule!(name);
  return { fs: module('node:fs') as NodeFiles, path: module('node:path') as NodePaths };
}

/**
 * The one spelling of a folder, absolute and without links, so that two names of one folder are one store. What is not
 * there yet is spelled as it is given.
 */
export function oneSpelling(folder: string, { fs, path }: NodeModules): string {
  const missing: string[] = [];
  for (let there = path.resolve(folder); ; there = path.dirname(there)) {
    try {
      return path.join(fs.realpathSync(there), ...missing);
    } catch {
      if (path.dirname(there) === there) return path.resolve(folder);
      missing.unshift(path.basename(there));
    }
  }
}

/**
 * Makes a folder for its owner alone, and those above it. Not by Node's `recursive`, which tries for ever where the system
 * says that something is missing though the folder above is there, as it does in /proc.
 */
export function makeFolder(folder: string, modules: NodeModules): void {
  const { fs, path } = modules;
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'EEXIST' && isFolder(folder, fs)) return;
    const above = path.dirname(folder);
    if (code !== 'ENOENT' || isFolder(above, fs)) throw error;
    makeFolder(above, modules);
    makeFolder(folder, modules);
  }
}

function isFolder(name: string, fs: NodeFiles): boolean {
  try {
    return fs.statSync(name).isDirectory();
  } catch {
    return false;
  }
}

/** The file of a store's folder that says with which config it was made, for tools that are given the folder alone. */
export class StoredConfig {
  private readonly file: string;

  constructor(
    private readonly fs: NodeFiles,
    folder: string,
  ) {
    this.file = `${folder}/config.json`;
  }

  read(): string {
    try {
      return this.fs.readFileSync(this.file, 'utf8');
    } catch {
      return '';
    }
  }

  keepsMailboxesIn(folder: string): boolean {
    try {
      const { pools } = JSON.parse(this.read()) as {
        pools: Record<string, { mailbox: { storage?: { path?: string } } }>;
      };
      return Object.values(pools).some(({ mailbox }) => mailbox.storage?.path === folder);
    } catch {
      return false;
    }
  }

  /** A reader sees the old file or the new one. It is a convenience: that it cannot be written is no reason to stop. */
  write(text: string): void {
    if (text === this.read()) return;
    const fresh = `${this.file}.new`;
    try {
      this.fs.writeFileSync(fresh, text, { mode: 0o600, flag: 'w' });
      this.fs.renameSync(fresh, this.file);
    } catch {
      this.fs.rmSync(fresh, { force: true });
    }
  }
}

/**
 * Why no store may be opened in this folder, or undefined: somebody has deleted what was there, or its disk is not mounted.
 * `queues`: the folders of the pools whose mailboxes are here.
 */
export function whatIsGone(fs: NodeFiles, folder: string, queues: readonly string[]): string | undefined {
  const names = namesIn(fs, folder);
  const has = (prefix: string) => names.some((name) => name.startsWith(prefix));
  if (has('records-')) return undefined;
  if (has('payloads-'))
    return 'it has payloads, but its records are gone: were files deleted? Bring them back, or name another folder';
  if (has('config.json') || !queues.some((queue) => new StoredConfig(fs, queue).keepsMailboxesIn(folder)))
    return undefined;
  return 'it holds no store any more: bring back what was there (is its disk mounted?), or name another folder for the mailboxes';
}

function namesIn(fs: NodeFiles, folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
