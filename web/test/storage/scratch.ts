import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of the test's own, gone when the test's process ends: lots are closed after the tests. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'parking-lot-test-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
