import assert from 'node:assert/strict';
import { test as nodeTest, type TestContext } from 'node:test';
import {
  ConnectedPages,
  type DelegatedWorkers,
  delegatedExecutor,
  serveDelegatedWorkers,
} from '../../src/executor/delegate/index.js';
import type { ExecutorFactory } from '../../src/executor/executor.js';
import type { WorkerSource } from '../../src/executor/workers/worker-executor.js';
import { openExecutor } from './recorder.js';
import { thread } from './thread-worker.js';

const echo = thread('serveTasks((payload) => payload)');
const hang = thread('serveTasks(() => new Promise(() => {}))');

function test(name: string, body: (context: TestContext) => Promise<void>): void {
  nodeTest(name, { timeout: 30_000 }, body);
}

/** A realm without workers, to which pages of this thread connect over real message ports. */
function openRealm(context: TestContext, inline?: ExecutorFactory) {
  const pages = new ConnectedPages();
  const ports: MessagePort[] = [];
  const opened = openExecutor(delegatedExecutor(pages, inline));
  const lent: DelegatedWorkers[] = [];

  async function connect(workers: Record<string, WorkerSource>): Promise<DelegatedWorkers> {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', (event: MessageEvent) => {
      ports.push(event.ports[0]!);
      pages.accept(event.ports[0]!, event.data);
    });
    port1.start();
    context.after(() => port1.close());
    const page = await serveDelegatedWorkers(port2, workers);
    lent.push(page);
    return page;
  }

  context.after(async () => {
    await opened.executor.close();
    for (const page of lent) await page.close();
  });
  return { ...opened, pages, ports, connect };
}

/** An executor that ends every run at once with `inline`. */
const inlineAnswer: ExecutorFactory = (events) => {
  events.credits(Number.POSITIVE_INFINITY);
  return {
    start: (run) => {
      events.running(run);
      events.finished(run, 'inline');
    },
    stop: () => undefined,
    close: async () => undefined,
  };
};

test('without a page there are no credits, and a page brings the places of its workers', async (context) => {
  const { events, connect } = openRealm(context);
  assert.deepEqual(events.offered, [0]);
  await connect({ llm: { create: echo, size: 3 } });
  await events.until(() => events.offered.at(-1) === 3);
});

test('a run goes to the page, and everything that it reports comes back', async (context) => {
  const { events, executor, connect } = openRealm(context);
  const script =
    'serveTasks((payload, { progress, reportUsage, units }) => { progress(payload); reportUsage(5); return units; })';
  await connect({ llm: thread(script) });
  await events.until(() => events.offered.at(-1)! > 0);
  const run = events.run('said');
  executor.start(run);
  assert.equal((await events.ending(run)).result, 2);
  assert.deepEqual(events.story, ['running t1', 'progress t1', 'usage 5 t1', 'finished t1']);
  assert.deepEqual(events.progressed, ['said']);
});

test('a failure keeps its error and its reason on the way from the page', async (context) => {
  const { events, executor, connect } = openRealm(context);
  await connect({
    llm: thread('serveTasks((p) => { if (p === "exit") process.exit(1); throw new RangeError("deep"); })'),
  });
  await events.until(() => events.offered.at(-1)! > 0);
  const [thrown, lost] = [events.run(), events.run('exit')];
  for (const run of [thrown, lost]) executor.start(run);
  const { error, reason, unitsFreed } = await events.ending(thrown);
  assert.deepEqual(
    [error?.name, error?.message, reason, unitsFreed],
    ['RangeError', 'deep', 'task_failed', true],
  );
  assert.equal((await events.ending(lost)).reason, 'lost');
});

test('runs spread over the pages that have free places', async (context) => {
  const { events, executor, connect } = openRealm(context);
  await connect({ llm: { create: hang, size: 1 } });
  await connect({ llm: { create: hang, size: 2 } });
  await events.until(() => events.offered.at(-1) === 3);
  for (const run of [events.run(), events.run(), events.run()]) executor.start(run);
  await events.until(() => events.story.length === 3);
  assert.deepEqual([...events.story].sort(), ['running t1', 'running t2', 'running t3']);
});

test('a page that lends workers for another pool only gives no places', async (context) => {
  const { events, connect } = openRealm(context);
  await connect({ other: echo });
  await connect({ llm: { create: echo, size: 1 } });
  await events.until(() => events.offered.at(-1)! > 0);
  assert.equal(events.offered.at(-1), 1);
});

test('a page that takes its workers back loses its runs, with their units free', async (context) => {
  const { events, executor, connect } = openRealm(context);
  const page = await connect({ llm: { create: hang, size: 1 } });
  await events.until(() => events.offered.at(-1) === 1);
  const run = events.run();
  executor.start(run);
  await events.until(() => events.count('running t1') === 1);
  await page.close();
  const { reason, unitsFreed } = await events.ending(run);
  assert.deepEqual([reason, unitsFreed], ['lost', true]);
  await events.until(() => events.offered.at(-1) === 0);
});

test('a connection that breaks loses its runs, and nobody knows what became of their units', async (context) => {
  const { events, executor, connect, ports } = openRealm(context);
  await connect({ llm: { create: hang, size: 1 } });
  await events.until(() => events.offered.at(-1) === 1);
  const run = events.run();
  executor.start(run);
  await events.until(() => events.count('running t1') === 1);
  ports[0]!.close();
  const { reason, unitsFreed } = await events.ending(run);
  assert.deepEqual([reason, unitsFreed], ['lost', false]);
});

test('a run that is ordered after its page went goes back as lost and is not forgotten', async (context) => {
  const { events, executor } = openRealm(context);
  const run = events.run();
  executor.start(run);
  const { error, reason, unitsFreed } = await events.ending(run);
  assert.deepEqual([reason, unitsFreed], ['lost', true]);
  assert.match(error?.message ?? '', /no page with workers for pool llm is connected/);
  assert.equal(events.offered.at(-1), 0);
});

test('without a page tasks run inline where that is given, and in the page once there is one', async (context) => {
  const { events, executor, connect } = openRealm(context, inlineAnswer);
  assert.equal(events.offered.at(-1), Number.POSITIVE_INFINITY);
  const first = events.run();
  executor.start(first);
  assert.equal((await events.ending(first)).result, 'inline');
  await connect({ llm: { create: echo, size: 2 } });
  await events.until(() => events.offered.at(-1) === 2);
  const second = events.run('in the page');
  executor.start(second);
  assert.equal((await events.ending(second)).result, 'in the page');
});

test('a stop reaches the worker in the page', async (context) => {
  const { events, executor, connect } = openRealm(context);
  const script =
    'serveTasks((p, { signal }) => new Promise((r) => { signal.onabort = () => r(signal.reason.message); }))';
  await connect({ llm: thread(script) });
  await events.until(() => events.offered.at(-1)! > 0);
  const run = events.run();
  executor.start(run);
  await events.until(() => events.count('running t1') === 1);
  executor.stop(run, 'cancelled');
  assert.equal((await events.ending(run)).result, 'the task was stopped: cancelled');
});

test('a payload that cannot be cloned fails its task before it leaves', async (context) => {
  const { events, executor, connect } = openRealm(context);
  await connect({ llm: echo });
  await events.until(() => events.offered.at(-1)! > 0);
  const run = events.run(() => 1);
  executor.start(run);
  const { error, reason } = await events.ending(run);
  assert.equal(reason, 'task_failed');
  assert.match(error?.message ?? '', /payload of task t1 cannot be sent to a page/);
});

test('a result that came by transfer and cannot be copied fails its task with a clear text', async (context) => {
  const { events, executor, connect } = openRealm(context);
  const script =
    'serveTasks(() => { const { port1 } = new MessageChannel(); return transfer({ port1 }, [port1]); })';
  await connect({ llm: thread(script) });
  await events.until(() => events.offered.at(-1)! > 0);
  const run = events.run();
  executor.start(run);
  const { error, reason } = await events.ending(run);
  assert.equal(reason, 'task_failed');
  assert.match(error?.message ?? '', /result of task t1 cannot leave its page/);
});

test('two lots of one realm cannot use the pages for the same pool at a time', async (context) => {
  const { pages } = openRealm(context);
  assert.throws(() => openExecutor(delegatedExecutor(pages)), /pool llm already runs its tasks in the pages/);
});

test('close ends the workers in the page, and another lot can use them afterwards', async (context) => {
  const { events, executor, pages, connect } = openRealm(context);
  const workers: Array<ReturnType<typeof hang>> = [];
  const create = () => {
    workers.push(hang());
    return workers.at(-1)!;
  };
  await connect({ llm: { create, size: 1 } });
  await events.until(() => events.offered.at(-1) === 1);
  executor.start(events.run());
  await events.until(() => events.count('running t1') === 1);
  await executor.close();
  assert.equal(workers[0]!.threadId, -1);
  assert.equal(events.endings.length, 0);

  const next = openExecutor(delegatedExecutor(pages));
  context.after(() => next.executor.close());
  await next.events.until(() => next.events.offered.at(-1) === 1);
});
