// Pools and stores as a whole.

const echo = (payload) => payload;

function withSecondPool(world) {
  const { pools } = world.config();
  return { pools: { ...pools, other: pools.p } };
}

export const storeCases = {
  a_paused_pool_stays_paused: [
    async (world) => {
      const pool = (await world.open()).pool('p');
      await pool.submit(world.task('a'));
      await pool.pause();
    },
    async (world) => {
      const pool = (await world.open(echo)).pool('p');
      world.equal((await pool.stats()).state, world.keeps ? 'paused' : 'active', 'state');
      if (!world.keeps) return;
      await pool.submit(world.task('b'));
      world.equal([await world.status(pool, 'a'), await world.status(pool, 'b')], ['queued', 'queued'], 'statuses');
      await pool.resume();
      const task = await pool.submit(world.task('a'));
      world.equal(await task.result(), 'a', 'result');
    },
  ],

  figures_and_health_are_true_after_a_crash: [
    async (world) => {
      const lot = await world.open(echo);
      const pool = lot.pool('p');
      await (await pool.submit(world.task('ended'))).outcome();
      await world.messageIds(lot, 1);
      await pool.pause();
      for (const id of ['a', 'b', 'c']) await pool.submit(world.task(id));
    },
    async (world) => {
      const lot = await world.open();
      const { status, durability, pools, stores } = await lot.health();
      const promised = world.keeps ? 'durable' : 'volatile';
      world.equal([status, durability], ['ok', promised], 'health');
      const { parked, running, unitsInUse, storage, deliveryHeld, undelivered } = pools.p;
      world.equal([pools.p.status, pools.p.durability], ['ok', promised], 'health of the pool');
      world.equal([parked, running, unitsInUse, undelivered], [world.keeps ? 3 : 0, 0, 0, 0], 'figures');
      world.equal([storage, deliveryHeld], ['open', false], 'storage');
      world.equal(stores.map((store) => [store.kind, store.status]), world.keeps ? [[world.backend.storage.type, 'ok']] : [], 'stores');
    },
  ],

  a_store_has_one_owner: [
    async (world) => {
      const owner = await world.open(echo);
      const second = await world.open().catch((error) => error);
      const pool = owner.pool('p');
      world.equal(await (await pool.submit(world.task('a'))).result(), 'a', 'result at the owner');
      world.equal(await world.messageIds(owner, 1), ['a'], 'messages at the owner');
      const expected = { refused: 'unavailable', shared: 'completed', separate: 'unknown_task' };
      const seen = second.code ?? (await world.status(second.pool('p'), 'a'));
      world.equal(seen, expected[world.backend.second], 'what the second opening gets');
      if (second.code) world.equal(/in use by process \d+/.test(second.message), true, second.message);
    },
  ],

  pools_of_one_store_are_separate: [
    async (world) => {
      const lot = await world.open(undefined, withSecondPool(world));
      await lot.pool('p').submit(world.task('same'));
      await lot.pool('other').submit(world.task('same'));
      await lot.pool('other').submit(world.task('more'));
      await lot.pool('other').cancel('same');
      await lot.pool('other').pause();
    },
    async (world) => {
      const lot = await world.open(echo, withSecondPool(world));
      const [p, other] = [lot.pool('p'), lot.pool('other')];
      if (!world.keeps) return world.equal(await world.status(other, 'same'), 'unknown_task', 'status');
      await world.eventually('the task of p', async () => (await world.status(p, 'same')) === 'completed');
      const statuses = [await world.status(other, 'same'), await world.status(other, 'more'), await world.status(p, 'more')];
      world.equal(statuses, ['dropped: cancelled', 'queued', 'unknown_task'], 'statuses');
      world.equal([(await p.stats()).state, (await other.stats()).state], ['active', 'paused'], 'states');
    },
  ],

  a_pool_left_out_loses_nothing: [
    async (world) => {
      const other = (await world.open(undefined, withSecondPool(world))).pool('other');
      await other.submit(world.task('a'));
      await other.submit(world.task('b'));
    },
    async (world) => {
      const pool = (await world.open(echo, world.config(), { orphans: 'keep' })).pool('p');
      world.equal(await (await pool.submit(world.task('c'))).result(), 'c', 'result');
    },
    async (world) => {
      const { parked } = await (await world.open(undefined, withSecondPool(world))).pool('other').stats();
      world.equal(parked, world.keeps ? 2 : 0, 'parked');
    },
  ],
};
