// Compiled, not run: what the package's types promise to a strict project.

import type { Outcome, Task } from 'prometheus-parking-lot';
import { ParkingLot, ParkingLotError } from 'prometheus-parking-lot';
import { Garages } from 'prometheus-parking-lot/garage';
import { type GarageStorage, garageStorage } from 'prometheus-parking-lot/garage-storage';
import { manualClock } from 'prometheus-parking-lot/testing';
import { serveTasks } from 'prometheus-parking-lot/worker';

serveTasks((payload: { text: string }, { attempt }) => payload.text.length + attempt);

const lot = await ParkingLot.open(
  { pools: { llm: { max_units: 4 } } },
  { handlers: { llm: (payload: { prompt: string }) => payload.prompt.length }, clock: manualClock() },
);
const task: Task<number> = await lot.pool('llm').submit({ payload: { prompt: 'hello' }, priority: 'high' });
const outcome: Outcome<number> = await task.outcome();
const text: string = await lot.pool('llm').run(async ({ signal }) => `${signal.aborted} ${outcome.status}`);

// @ts-expect-error the config has no such pool
lot.pool('gpu');
// @ts-expect-error the handler takes a prompt
await lot.pool('llm').submit({ payload: { question: text } });
// @ts-expect-error there is no such class
await lot.pool('llm').submit({ payload: { prompt: text }, priority: 'urgent' });

const kept: GarageStorage = garageStorage;
const garages = await Garages.open({ garages: { mall: { storage: { type: 'idbfs' } } } }, { storage: kept });
await garages.garage('mall').enter({ plate: 'B-AB 1' });
// @ts-expect-error the config has no such garage
garages.garage('airport');
await ParkingLot.open({ pools: {} }, { garages: Garages, garageStorage: kept });

try {
  await task.cancel();
} catch (error) {
  if (error instanceof ParkingLotError && error.code === 'closed') throw error;
}
