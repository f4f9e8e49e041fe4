// Derives a key. Real memory: scrypt with r = 8 takes 1 KiB times N.

import { randomBytes, scryptSync } from 'node:crypto';

import { serveTasks } from 'prometheus-parking-lot/worker';

serveTasks(({ password, N }) => {
  const bytes = 1024 * N;
  return scryptSync(password, randomBytes(16), 32, { N, r: 8, p: 1, maxmem: bytes + 2 ** 20 }).toString('hex');
});
