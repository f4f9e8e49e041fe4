// One life in a Node process of its own, which kills itself with -9 the moment it has answered.
//
//   node node-life.mjs '{"name": …, "life": 0, "backend": …, "said": […]}'

import { writeSync } from 'node:fs';
import { ParkingLot } from 'prometheus-parking-lot';
import { live } from './life.mjs';

setInterval(() => undefined, 1000);
try {
  const answer = await live(ParkingLot, JSON.parse(process.argv[2]));
  writeSync(1, JSON.stringify({ answer }));
} catch (error) {
  writeSync(1, JSON.stringify({ failure: `${error.stack ?? error}` }));
}
process.kill(process.pid, 'SIGKILL');
