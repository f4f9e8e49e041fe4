import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ManualClock, manualClock } from 'prometheus-parking-lot/testing';
import { OpenedGarages } from '../../src/garage/opened.js';
import { LaneWatch } from '../../src/garage/shared/lane-watch.js';
import { garageModule } from '../../src/wasm/garage-module.js';
import { small } from './garages.js';

const minute = 60_000;

/** A full garage whose vehicles wait for promises that nobody has any more. */
async function fullGarage(...waiting: string[]) {
  const clock = manualClock();
  const opened = await OpenedGarages.open({
    config: JSON.stringify({ garages: { g: small } }),
    environment: '',
    parts: { core: garageModule },
    clock: clock as ManualClock,
    wasm: undefined,
    entropy: [1n, 2n],
    taking: 'refuse',
  });
  const gatehouse = opened.gatehouses[0]!;
  const say = (command: object) => gatehouse.ask(JSON.stringify(command));
  for (const plate of ['F-1', 'F-2', 'F-3']) await say({ do: 'enter', plate, size: 'small' });
  const until = clock.wall() + minute;
  for (const plate of waiting) void say({ do: 'enter', plate, wait: until }).catch(() => undefined);
  return { opened, clock, say, until, watch: new LaneWatch(gatehouse) };
}

const codeOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => 'admitted',
    ({ code }: { code: string }) => code,
  );

test('who waits gets in with the ticket that was opened, and the next one goes on waiting', async () => {
  const { opened, say, until, watch } = await fullGarage('W-1', 'W-2');
  const first = watch.outcome({ plate: 'W-1', until });
  const second = codeOf(watch.outcome({ plate: 'W-2', until }));
  await say({ do: 'exit', plate: 'F-2', paid_here: true });
  const { answer, ticket, surge_percent } = await first;
  assert.deepEqual([answer, surge_percent], ['admitted', 100]);
  assert.equal(ticket, (await say({ do: 'ticket', plate: 'W-1' })).ticket);
  await new Promise(setImmediate); // W-2 is seen where it was
  await say({ do: 'leave_lane', place: 2 });
  assert.equal(await second, 'wait_expired');
  await opened.end();
});

test('a wait that is over is told so, whether its end was seen or not', async () => {
  const { opened, clock, until, watch } = await fullGarage('W-1');
  const seen = codeOf(watch.outcome({ plate: 'W-1', until }));
  await clock.advance(minute);
  assert.equal(await seen, 'wait_expired');
  assert.equal(await codeOf(watch.outcome({ plate: 'W-1', until })), 'wait_expired');
  await opened.end();
});

test('a place that is gone before its time, without a ticket, is unconfirmed', async () => {
  const { opened, say, until, watch } = await fullGarage('W-1');
  await say({ do: 'leave_lane', place: 1 });
  assert.equal(await codeOf(watch.outcome({ plate: 'W-1', until })), 'unconfirmed');
  assert.equal(await codeOf(say({ do: 'ticket', plate: 'W-1' })), 'unknown_ticket');
  await opened.end();
});
