import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ParkingLotError } from 'prometheus-parking-lot';
import { manualClock } from 'prometheus-parking-lot/testing';
import type { RawAnswer } from '../../src/garage/gate.js';
import type { OwnerMessage, VisitorMessage } from '../../src/garage/shared/protocol.js';
import { Visitor } from '../../src/garage/shared/visitor.js';
import { type Envelope, type News, names } from '../../src/shared-lot/protocol.js';

const realm = 7;
let databases = 0;

/** A visitor, and the channels of an owner that does what the test says. */
function visitorIn(context: TestContext) {
  const database = `garages:test:${++databases}`;
  const news = new BroadcastChannel(names.news(database));
  const line = new BroadcastChannel(names.realm(realm, database));
  const visitor = new Visitor({
    database,
    realm,
    lock: undefined,
    agreement: 'the config',
    clock: manualClock(),
    post: () => assert.fail('this realm does not own'),
    refused: () => undefined,
  });
  const heard: VisitorMessage[] = [];
  let more: (() => void) | undefined;
  const inbox = new BroadcastChannel(names.leader(database));
  inbox.onmessage = (event) => {
    heard.push(...(event as MessageEvent<Envelope<VisitorMessage>>).data.messages);
    more?.();
  };
  context.after(() => {
    visitor.close(new ParkingLotError('closed', 'the test is over'));
    for (const channel of [news, line, inbox]) channel.close();
  });
  return {
    visitor,
    gate: visitor.gate(0),
    say: (epoch: number, message: OwnerMessage) => line.postMessage({ epoch, realm, messages: [message] }),
    reign: (epoch: number) =>
      news.postMessage({ say: 'leads', epoch, realm: 1, isReady: true } satisfies News),
    /** What the owner hears next, of this kind. */
    async next<S extends VisitorMessage['say']>(say: S): Promise<VisitorMessage & { say: S }> {
      for (;;) {
        const at = heard.findIndex((message) => message.say === say);
        if (at >= 0) return heard.splice(at, 1)[0] as never;
        await new Promise<void>((resolve) => {
          more = resolve;
        });
      }
    },
  };
}

const command = (what: object) => JSON.stringify(what);
const enter = command({ do: 'enter', plate: 'B-1' });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    ({ code }: ParkingLotError) => code,
  );
const admitted = { answer: 'admitted', ticket: 't' } as RawAnswer;

test('a look that an owner left unanswered is asked again of the next one, a command is unconfirmed', async (context) => {
  const { gate, reign, next, say } = visitorIn(context);
  reign(1);
  const figures = Promise.resolve(gate.look({ at: 'figures' }));
  const price = gate.ask(command({ do: 'price', plate: 'B-1' }));
  const entry = codeOf(gate.ask(enter));
  await next('look');
  await next('command');
  assert.equal((await next('command')).command, enter);
  reign(2);
  assert.equal(await entry, 'unconfirmed');
  const again = await next('look');
  say(1, { say: 'answer', id: again.id, answer: 'of the reign before' });
  say(2, { say: 'answer', id: again.id, answer: 'figures' });
  assert.equal(await figures, 'figures');
  say(2, { say: 'answer', id: (await next('command')).id, answer: admitted });
  assert.deepEqual(await price, admitted);
});

test('commands wait while nobody owns, and after an owner has said that it leaves', async (context) => {
  const { gate, reign, next, say } = visitorIn(context);
  const early = gate.ask(enter);
  reign(1);
  say(1, { say: 'answer', id: (await next('command')).id, answer: admitted });
  await early;
  const crossing = gate.ask(enter);
  const { id } = await next('command');
  say(1, { say: 'leaves' });
  say(1, { say: 'left undone', id });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const late = gate.ask(enter);
  reign(2);
  for (const asked of [crossing, late]) {
    say(2, { say: 'answer', id: (await next('command')).id, answer: admitted });
    assert.deepEqual(await asked, admitted);
  }
});

test('who was told to wait is looked after by the next owner', async (context) => {
  const { gate, reign, next, say } = visitorIn(context);
  reign(1);
  const places: unknown[] = [];
  const entry = gate.ask(command({ do: 'enter', plate: 'B-1', wait: 1000 }), ({ place }) =>
    places.push(place),
  );
  const { id } = await next('command');
  say(1, { say: 'waiting', id, answer: { answer: 'waiting', place: 3, ahead: 0 } });
  const look = Promise.resolve(gate.look({ at: 'figures' }));
  say(1, { say: 'answer', id: (await next('look')).id, answer: 'figures' });
  await look;
  reign(2);
  const { waiting } = await next('wait');
  assert.deepEqual([places, waiting], [[3], { plate: 'B-1', until: 1000 }]);
  say(2, { say: 'answer', id, answer: admitted });
  assert.deepEqual(await entry, admitted);
});

test('refusals keep what they say, and changes come to those who listen, in every reign', async (context) => {
  const { gate, reign, next, say } = visitorIn(context);
  reign(1);
  const heard: unknown[] = [];
  const stop = gate.listen((change) => heard.push(change));
  await next('listen');
  const exit = gate.ask(command({ do: 'exit', plate: 'B-1' }));
  const { id } = await next('command');
  const error = { name: 'ParkingLotError', message: 'pay', code: 'payment_required', due: 150 } as const;
  say(1, { say: 'refusal', id, error: error as never });
  await assert.rejects(exit, ({ code, due }: ParkingLotError) => code === 'payment_required' && due === 150);
  reign(2);
  await next('listen');
  say(2, { say: 'changed', garage: 0, change: { what: 'lane' } });
  const look = Promise.resolve(gate.look({ at: 'figures' }));
  say(2, { say: 'answer', id: (await next('look')).id, answer: '' });
  await look;
  assert.deepEqual(heard, [{ what: 'lane' }]);
  stop();
  assert.equal((await next('unlisten')).garage, 0);
});

test('with nobody owning for long nothing hangs, and the next owner is asked as before', async (context) => {
  const { visitor, gate, reign, next, say } = visitorIn(context);
  reign(1);
  const sent = codeOf(gate.ask(enter));
  await next('command');
  visitor.leaderless(new Error('no space'));
  assert.equal(await sent, 'unconfirmed');
  assert.equal(await codeOf(gate.ask(enter)), 'storage_unavailable');
  reign(2);
  await next('hello');
  await next('hello');
  const asked = gate.ask(enter);
  say(2, { say: 'answer', id: (await next('command')).id, answer: admitted });
  assert.deepEqual(await asked, admitted);
});

test('an owner with another config ends the visit', async (context) => {
  const { visitor, gate, reign, next, say } = visitorIn(context);
  const asked = codeOf(gate.ask(enter));
  reign(1);
  await next('hello');
  say(1, { say: 'other config' });
  assert.equal(await asked, 'unavailable');
  await assert.rejects(visitor.welcomed, /opened them with another config/);
});
