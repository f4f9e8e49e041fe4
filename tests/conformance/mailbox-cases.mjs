// What becomes of outcomes and their bytes when their realm is killed.

const echo = (payload) => payload;
const key = { tenant: 'acme' };

/** Runs these tasks one after the other; answers what the mailbox holds once it has all of them. */
async function runAll(world, lot, ids) {
  const before = (await lot.mailbox(key).fetch()).length;
  for (const id of ids) await (await lot.pool('p').submit(world.task(id))).outcome();
  return world.messageIds(lot, before + ids.length);
}

const largest = 1 << 20;
const bodies = {
  none: undefined,
  empty: '',
  'empty object': {},
  large: 'x'.repeat(largest - 2),
  'large in bytes': '漢'.repeat((largest - 2) / 3),
  letters: 'äß漢字🚗',
  nul: '\0a\0',
  control: '\u0001\u001f\u007f\u2028"\\/',
  nested: { a: [1, -2.5, 1e300, null, true, { 'ключ\0': '' }] },
};

export const mailboxCases = {
  outcomes_are_fetched_after_a_crash: [
    async (world) => {
      const lot = await world.open(echo);
      world.equal(await runAll(world, lot, ['a', 'b', 'c']), ['a', 'b', 'c'], 'messages');
    },
    ...Array(2).fill(async (world) => {
      const lot = await world.open();
      const messages = await lot.mailbox(key).fetch();
      const found = messages.map(({ taskId, status, payload }) => [taskId, status, payload]);
      const expected = ['a', 'b', 'c'].map((id) => [id, 'completed', id]);
      world.equal(found, world.keeps ? expected : [], 'messages');
      if (world.keeps) world.equal(await world.status(lot.pool('p'), 'b'), 'completed', 'status');
    }),
  ],

  acknowledged_messages_never_return: [
    async (world) => {
      const lot = await world.open(echo);
      await runAll(world, lot, ['a', 'b', 'c']);
      const messages = await lot.mailbox(key).fetch();
      world.equal(await lot.mailbox(key).acknowledge(messages[1].cursor), 2, 'acknowledged');
    },
    async (world) => {
      const box = (await world.open(echo)).mailbox(key);
      const messages = await box.fetch();
      world.equal(messages.map((each) => each.taskId), world.keeps ? ['c'] : [], 'messages');
      if (world.keeps) await box.acknowledge(messages[0].cursor);
    },
    async (world) => {
      const lot = await world.open(echo);
      world.equal(await runAll(world, lot, ['d']), ['d'], 'messages');
      const [{ cursor }] = await lot.mailbox(key).fetch();
      await lot.mailbox(key).acknowledge(cursor);
      return cursor;
    },
    async (world) => {
      const lot = await world.open(echo);
      world.equal(await lot.mailbox(key).fetch(), [], 'messages');
      await runAll(world, lot, ['e']);
      if (!world.keeps) return;
      const after = await lot.mailbox(key).fetch({ after: world.said[2] });
      world.equal(after.map((each) => each.taskId), ['e'], 'messages after the last cursor');
    },
  ],

  the_count_of_messages_is_limited: [
    async (world) => {
      const lot = await world.open(echo, world.config({ mailbox: { retention_count: 3 } }));
      for (const id of ['a', 'b', 'c', 'd', 'e']) await (await lot.pool('p').submit(world.task(id))).outcome();
      await world.eventually('the youngest three', async () => {
        const ids = await world.messageIds(lot, 3);
        return ids.join() === 'c,d,e';
      });
    },
    async (world) => {
      const lot = await world.open(undefined, world.config({ mailbox: { retention_count: 3 } }));
      const count = world.keeps ? 3 : 0;
      world.equal(await world.messageIds(lot, count), ['c', 'd', 'e'].slice(0, count), 'messages');
    },
  ],

  bytes_return_as_they_were: [
    async (world) => {
      const pool = (await world.open()).pool('p');
      for (const [id, payload] of Object.entries(bodies)) await pool.submit(world.task(id, { payload }));
    },
    async (world) => {
      const lot = await world.open(echo);
      const pool = lot.pool('p');
      for (const [id, payload] of Object.entries(bodies)) {
        const task = await pool.submit(world.task(id, { payload }));
        world.equal(task.joined, world.keeps, `joined ${id}`);
        world.equal(await task.result(), payload, `result of ${id}`);
      }
      await world.messageIds(lot, Object.keys(bodies).length);
    },
    async (world) => {
      const messages = await (await world.open()).mailbox(key).fetch();
      const expected = world.keeps ? Object.entries(bodies) : [];
      world.equal(messages.map((each) => each.taskId), expected.map(([id]) => id), 'messages');
      for (const { taskId, payload } of messages) world.equal(payload, bodies[taskId], `payload of ${taskId}`);
    },
  ],
};
