// What becomes of tasks when their realm is killed.

const hourMs = 3_600_000;
const mailbox = { tenant: 'acme' };
const echo = (payload) => payload;
const nothingStarts = () => {
  throw new Error('nothing should start');
};

/** A handler that notes what it runs in `ran`. */
function noting(ran) {
  return (payload) => {
    ran.push(payload);
    return payload;
  };
}

/** A run whose realm was killed is missed soon. */
const shortLeases = { heartbeat_secs: 0.5, lease_secs: 1, quarantine_secs: 0 };

/** Opens with a handler that never ends; answers the attempt that is under way. */
async function interrupted(world, spec) {
  const attempt = new Promise((begun) => {
    world.opened = world.open((_, run) => {
      begun(run.attempt);
      return new Promise(() => undefined);
    }, world.config(shortLeases));
  });
  const lot = await world.opened;
  if (spec) await lot.pool('p').submit(spec);
  return attempt;
}

/** Ends one task and parks another. */
async function oneEndedOneParked(world) {
  const lot = await world.open(echo);
  const pool = lot.pool('p');
  await (await pool.submit(world.task('ended'))).outcome();
  await pool.pause();
  await pool.submit(world.task('parked'));
}

const backlog = 2000;
const priorities = ['normal', 'low', 'critical', 'high'];

export const taskCases = {
  acknowledged_submissions_return_in_order: [
    async (world) => {
      const pool = (await world.open()).pool('p');
      const deadline = Date.now() + hourMs;
      const specs = [
        world.task('low', { priority: 'low' }),
        world.task('normal-1'),
        world.task('normal-2', { deadline }),
        world.task('critical', { priority: 'critical' }),
        world.task('high', { priority: 'high' }),
      ];
      for (const spec of specs) {
        const { durability } = await pool.submit(spec);
        world.equal(durability, world.keeps ? 'durable' : 'volatile', 'durability of a receipt');
      }
      return deadline;
    },
    async (world) => {
      const pool = (await world.open()).pool('p');
      const { tasks } = await pool.tasks();
      if (!world.keeps) return world.equal(tasks, [], 'tasks');
      const deadlines = tasks.map(({ taskId, deadline }) => [taskId, deadline?.getTime() ?? null]);
      const expected = ['low', 'normal-1', 'normal-2', 'critical', 'high'];
      const withDeadline = expected.map((id) => [id, id === 'normal-2' ? world.said[0] : null]);
      world.equal(deadlines, withDeadline, 'tasks in the order of admission');
    },
    async (world) => {
      const ran = [];
      const lot = await world.open(noting(ran));
      if (!world.keeps) return world.equal((await lot.pool('p').stats()).parked, 0, 'parked');
      await world.messageIds(lot, 5);
      world.equal(ran, ['critical', 'high', 'normal-1', 'normal-2', 'low'], 'order of runs');
    },
  ],

  a_large_backlog_keeps_its_order: [
    async (world) => {
      const pool = (await world.open(undefined, world.config({ max_queue_depth: 3000 }))).pool('p');
      const spec = (i) => ({ taskId: `t${i}`, payload: i, priority: priorities[i % 4] });
      await Promise.all(Array.from({ length: backlog }, (_, i) => pool.submit(spec(i))));
    },
    async (world) => {
      const ran = [];
      const lot = await world.open(noting(ran), world.config({ max_queue_depth: 3000, max_units: 200 }));
      if (!world.keeps) return world.equal((await lot.pool('p').stats()).parked, 0, 'parked');
      await world.eventually('all to end', async () => (await lot.pool('p').stats()).completed === backlog);
      const all = Array.from({ length: backlog }, (_, i) => i);
      world.equal(ran, [2, 3, 0, 1].flatMap((rank) => all.filter((i) => i % 4 === rank)), 'order of runs');
    },
  ],

  an_interrupted_run_is_repeated: [
    async (world) => world.equal(await interrupted(world, world.task('a')), 1, 'attempt'),
    async (world) => {
      const lot = await world.open((_, run) => run.attempt, world.config(shortLeases));
      if (!world.keeps) return world.equal(await world.status(lot.pool('p'), 'a'), 'unknown_task', 'status');
      world.equal(await world.messageIds(lot, 1), ['a'], 'messages');
      const { lost, attempt, outcome } = await lot.pool('p').status('a');
      world.equal([lost, attempt, outcome.result], [1, 2, 2], 'lost runs, attempt and result');
    },
  ],

  a_task_lost_too_often_fails: [
    async (world) => world.equal(await interrupted(world, world.task('a', { maxLost: 1 })), 1, 'attempt'),
    async (world) => world.keeps && world.equal(await interrupted(world), 2, 'attempt'),
    async (world) => {
      const lot = await world.open(nothingStarts, world.config(shortLeases));
      if (!world.keeps) return world.equal(await world.status(lot.pool('p'), 'a'), 'unknown_task', 'status');
      world.equal(await world.messageIds(lot, 1), ['a'], 'messages');
      world.equal(await world.status(lot.pool('p'), 'a'), 'failed: lost', 'status');
    },
  ],

  a_passed_deadline_expires_once: [
    async (world) => {
      const deadline = Date.now() + 1000;
      const pool = (await world.open()).pool('p');
      await pool.submit(world.task('a', { deadline: Math.max(deadline, Date.now() + 300) }));
      return (await pool.status('a')).deadline.getTime();
    },
    async (world) => {
      await world.eventually('the deadline', () => Date.now() > world.said[0]);
      const lot = await world.open(nothingStarts);
      if (!world.keeps) return world.equal(await world.status(lot.pool('p'), 'a'), 'unknown_task', 'status');
      world.equal(await world.messageIds(lot, 1), ['a'], 'messages');
    },
    async (world) => {
      const lot = await world.open(nothingStarts);
      world.equal(await world.messageIds(lot, world.keeps ? 1 : 0), world.keeps ? ['a'] : [], 'messages');
      const expected = world.keeps ? 'expired: deadline' : 'unknown_task';
      world.equal(await world.status(lot.pool('p'), 'a'), expected, 'status');
    },
  ],

  a_task_waits_for_its_moment: [
    async (world) => {
      const startAfter = Date.now() + hourMs;
      await (await world.open()).pool('p').submit(world.task('a', { startAfter }));
      return startAfter;
    },
    async (world) => {
      const pool = (await world.open(nothingStarts)).pool('p');
      world.equal((await pool.stats()).waiting, world.keeps ? 1 : 0, 'waiting');
      if (world.keeps) world.equal((await pool.status('a')).readyAt.getTime(), world.said[0], 'moment');
    },
  ],

  the_same_task_joins_after_a_crash: [
    oneEndedOneParked,
    async (world) => {
      const ran = [];
      const pool = (await world.open(noting(ran))).pool('p');
      const tasks = [await pool.submit(world.task('ended')), await pool.submit(world.task('parked'))];
      world.equal(tasks.map((task) => task.joined), [world.keeps, world.keeps], 'joined');
      await pool.resume();
      world.equal([await tasks[0].result(), await tasks[1].result()], ['ended', 'parked'], 'results');
      world.equal(ran, world.keeps ? ['parked'] : ['ended', 'parked'], 'runs');
    },
  ],

  another_body_is_refused_after_a_crash: [
    oneEndedOneParked,
    async (world) => {
      const pool = (await world.open()).pool('p');
      for (const taskId of ['ended', 'parked']) {
        const other = world.task(taskId, { payload: 'other' });
        if (world.keeps) world.equal(await world.answerTo(pool, other), 'duplicate_task', 'another body');
        const again = await world.answerTo(pool, { taskId, payload: taskId, mailbox, dedup: 'reject' });
        world.equal(again, world.keeps ? 'duplicate_task' : 'admitted', 'with dedup reject');
      }
    },
  ],

  a_cancelled_task_stays_cancelled: [
    async (world) => {
      const pool = (await world.open()).pool('p');
      await pool.submit(world.task('cancelled'));
      await pool.submit(world.task('kept'));
      await pool.cancel('cancelled');
    },
    async (world) => {
      const ran = [];
      const lot = await world.open(noting(ran));
      const pool = lot.pool('p');
      if (!world.keeps) return world.equal(await world.status(pool, 'cancelled'), 'unknown_task', 'status');
      world.equal(await world.messageIds(lot, 2), ['cancelled', 'kept'], 'messages');
      world.equal(await world.status(pool, 'cancelled'), 'dropped: cancelled', 'status');
      world.equal(ran, ['kept'], 'runs');
    },
  ],
};
