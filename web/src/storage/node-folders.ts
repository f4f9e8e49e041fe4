import { ParkingLotError } from '../errors.js';
import type { NodeFiles } from './node-lock.js';

interface NodePaths {
  resolve(path: string): string;
  join(...parts: string[]): string;
  dirname(path: string): string;
  basename(path: string): string;
}

interface NodeUrls {
  fileURLToPath(url: string): string;
}

/** The modules of Node that storage needs. */
export interface NodeModules {
  readonly url: NodeUrls;
  readonly fs: NodeFiles;
  readonly path: NodePaths;
}

export function nodeModules(): NodeModules {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const module = (name: string) => process!.getBuiltinModule!(name);
  return {
    fs: module('node:fs') as NodeFiles,
    path: module('node:path') as NodePaths,
    url: module('node:url') as NodeUrls,
  };
}

/**
 * The one spelling of a folder, absolute and without links, so that two names of one folder are one store. What is not
 * there yet is spelled as it is given. A `file:` URL is the folder that it names; an `unavailable` says why it names none.
 */
export function oneSpelling(given: string, modules: NodeModules): string {
  const { fs, path } = modules;
  const folder = given.startsWith('file:') ? pathOf(given, modules) : given;
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

function pathOf(url: string, modules: NodeModules): string {
  try {
    return modules.url.fileURLToPath(url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParkingLotError(
      'unavailable',
      `The store ${url} names no folder of this machine: ${why}. Give a path, or a URL like file:///var/lib/lot.`,
      { cause },
    );
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
