// Programs that are started, fed and killed.

import { spawn, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const longest = 60_000;

/**
 * Starts a program in `folder`, gives each line of its output to `onLine`, and kills it with -9 `killAfter` ms after it began
 * (undefined: never). Resolves to `{code, signal, errors}` when it and its output have ended.
 */
export function live(program, args, { folder, onLine = () => {}, killAfter }) {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  createInterface({ input: child.stdout }).on('line', onLine);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = killAfter === undefined;
    child.kill('SIGKILL');
  }, killAfter ?? longest);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, timedOut, errors });
    });
  });
}

/** What a command prints as JSON lines. */
export function jsonLines(program, args, folder) {
  const text = execFileSync(program, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

const runsWith = (mark) =>
  readdirSync('/proc').some((process) => {
    if (!/^\d+$/.test(process)) return false;
    try {
      return readFileSync(`/proc/${process}/cmdline`, 'latin1').includes(mark);
    } catch {
      return false; // it has ended
    }
  });

/** Whether every process with this mark in its command line ends within `milliseconds`. */
export async function allGone(mark, milliseconds) {
  const deadline = Date.now() + milliseconds;
  while (runsWith(mark)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
