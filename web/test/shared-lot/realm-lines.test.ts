import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { type Envelope, names } from '../../src/shared-lot/protocol.js';
import { RealmLines } from '../../src/shared-lot/realm-lines.js';

const own = 7;
const other = 8;
const epoch = 3;

/** Lines of a reign in realm 7, what that realm is told, and the channel on which realm 8 hears. */
function linesIn(context: TestContext) {
  const database = `test:${context.name}`;
  const received: Envelope<string>[] = [];
  const lines = new RealmLines<string>(database, own, epoch, (envelope) => received.push(envelope));
  const channel = new BroadcastChannel(names.realm(other, database));
  context.after(() => {
    lines.close();
    channel.close();
  });
  return { lines, received, channel };
}

test('messages of one turn go together, in their order, to each realm its own', async (context) => {
  const { lines, received, channel } = linesIn(context);
  for (const message of ['a', 'b']) {
    lines.say(own, `own ${message}`);
    lines.say(other, `other ${message}`);
  }
  assert.deepEqual(received, []);
  const [event] = (await once(channel as unknown as EventTarget, 'message')) as [MessageEvent];
  assert.deepEqual(event.data, { epoch, realm: other, messages: ['other a', 'other b'] });
  lines.say(own, 'own c');
  await Promise.resolve();
  assert.deepEqual(received, [
    { epoch, realm: own, messages: ['own a', 'own b'] },
    { epoch, realm: own, messages: ['own c'] },
  ]);
});

test('a realm that was forgotten is spoken to anew when it comes back', async (context) => {
  const { lines, channel } = linesIn(context);
  lines.say(other, 'before');
  await once(channel as unknown as EventTarget, 'message');
  lines.forget(other);
  lines.say(other, 'after');
  const [event] = (await once(channel as unknown as EventTarget, 'message')) as [MessageEvent];
  assert.deepEqual(event.data.messages, ['after']);
});

test('once the reign is over nothing is said, not even what was said in the same turn', async (context) => {
  const { lines, received } = linesIn(context);
  lines.say(own, 'too late');
  lines.close();
  lines.say(own, 'much too late');
  await Promise.resolve();
  assert.deepEqual(received, []);
});
