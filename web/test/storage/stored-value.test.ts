import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParkingLotError } from 'prometheus-parking-lot';
import { failureFrom, storedFailure, storedText } from '../../src/stored-value.js';

test('plain data is kept as it is', () => {
  const value = { a: [1, 'x', null, true, { deep: -0.5 }], absent: undefined };
  assert.deepEqual(JSON.parse(storedText('payload', value)), { a: [1, 'x', null, true, { deep: -0.5 }] });
});

test('what JSON would lose or change is refused, with its place and what to do', () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const refused: [unknown, RegExp][] = [
    [{ when: new Date(0) }, /^payload\.when: must be JSON.* not a Date; send/],
    [[1, new Map()], /^payload\[1\]: .* not a Map/],
    [new Uint8Array(2), /^payload: .* not a Uint8Array/],
    [{ n: Number.NaN }, /^payload\.n: .* not NaN/],
    [1n, /^payload: .* not 1n/],
    [[undefined], /^payload\[0\]: /],
    [{ f: () => 1 }, /^payload\.f: .* not a function/],
    [loop, /^payload\.self: .* contains itself/],
  ];
  for (const [value, message] of refused) {
    assert.throws(() => storedText('payload', value), { code: 'invalid_task', field: 'payload', message });
  }
});

test('errors come back with name, message, code and stack', () => {
  const error = Object.assign(new TypeError('no'), { code: 'E1' });
  const back = failureFrom(JSON.parse(storedFailure(error))) as Error & { code?: string };
  assert.ok(back instanceof Error);
  assert.deepEqual([back.name, back.message, back.code, back.stack], ['TypeError', 'no', 'E1', error.stack]);
  const own = failureFrom(JSON.parse(storedFailure(new ParkingLotError('cancelled', 'why'))));
  assert.deepEqual(
    [(own as ParkingLotError).name, (own as ParkingLotError).code],
    ['ParkingLotError', 'cancelled'],
  );
});

test('whatever else was thrown comes back, or what it says of itself', () => {
  assert.deepEqual(failureFrom(JSON.parse(storedFailure({ reason: 7 }))), { reason: 7 });
  assert.equal(failureFrom(JSON.parse(storedFailure('plain'))), 'plain');
  assert.match((failureFrom(JSON.parse(storedFailure(new Map()))) as Error).message, /Map/);
});

test('what throws when it is read is refused as a value, and told of as a failure', () => {
  const throwing = {
    get part(): never {
      throw null;
    },
  };
  assert.throws(() => storedText('result', throwing), {
    code: 'invalid_task',
    message: /cannot be read \(null\)/,
  });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const message = Object.create(null) as unknown;
  for (const thrown of [proxy, throwing, { message }, new Proxy(new Error('x'), { get: assert.fail })]) {
    const back = failureFrom(JSON.parse(storedFailure(thrown))) as Error;
    assert.equal(back.message, 'a value that cannot be shown was thrown');
  }
});
