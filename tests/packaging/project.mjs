// Temporary projects under build/, with the packed tarball as their only dependency.

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const root = path.resolve(here, '../..');
const build = path.join(root, 'build/packaging');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Packs web/ as npm would publish it; answers the tarball's path and the files in it. */
export async function packPackage() {
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  const packing = await execute(npm, ['pack', '--json', '--ignore-scripts', '--pack-destination', build], {
    cwd: path.join(root, 'web'),
  });
  // An array or, from newer versions of npm, an object by package name.
  const [packed] = Object.values(JSON.parse(packing.stdout));
  return { tarball: path.join(build, packed.filename), files: packed.files.map((file) => file.path) };
}

/** A project with the consumer's sources, in which the tarball is installed without a registry. */
export async function makeProject(name, tarball) {
  const id = name.replace(/[^a-z]+/gi, '-').toLowerCase();
  const folder = path.join(build, id);
  cpSync(path.join(here, 'consumer'), folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: `consumer-${id}`, type: 'module' }));
  const quietly = ['--offline', '--no-audit', '--no-fund', '--no-package-lock'];
  await execute(npm, ['install', tarball, ...quietly], { cwd: folder });
  return folder;
}

/** Runs a program in a project; an error holds what it printed. */
export async function runIn(folder, program, ...args) {
  try {
    const { stdout } = await execute(program, args, { cwd: folder, timeout: 60_000 });
    return stdout;
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')} failed:\n${error.stdout}${error.stderr}`, { cause: error });
  }
}

/** The program of one of the tools that this folder's package.json pins. */
export function toolOf(packageName, file) {
  const manifest = fileURLToPath(import.meta.resolve(`${packageName}/package.json`));
  return path.join(path.dirname(manifest), file);
}
