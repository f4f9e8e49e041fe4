import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Outcome, type Pool, pool, type Task } from 'prometheus-parking-lot';
import { openLot } from './lot.js';

/** Whether two types are the same; the compiler refuses `same<...>(true)` otherwise. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(isSame: Same<A, B>): void {
  assert.equal(isSame, true);
}

test('payload and result come from the declaration of the pool, else from its handler', async (context) => {
  const { lot } = await openLot(
    context,
    {
      pools: {
        declared: pool<{ prompt: string }, number>({ max_units: 4 }),
        handled: { max_units: 4 },
        bare: { max_units: 4, policy: 'strict' },
      },
    },
    { handlers: { declared: () => 1, handled: async (payload: { n: number }) => [payload.n] } },
  );
  const declared = lot.pool('declared');
  same<typeof declared, Pool<{ prompt: string }, number>>(true);
  const task = await declared.submit({ payload: { prompt: 'hello' } });
  same<typeof task, Task<number>>(true);
  const outcome = await task.outcome();
  same<typeof outcome, Outcome<number>>(true);
  const handled = lot.pool('handled');
  same<typeof handled, Pool<{ n: number }, number[]>>(true);
  const bare = lot.pool('bare');
  same<typeof bare, Pool<unknown, unknown>>(true);
  const ran = await bare.run(async () => 'text');
  same<typeof ran, string>(true);

  // @ts-expect-error the payload has no field `text`
  await declared.submit({ payload: { text: 'hello' } });
  await handled.submit({ payload: { n: 1 }, mailbox: { tenant: 'a' }, priority: 'high' });
  // @ts-expect-error no such priority
  await assert.rejects(handled.submit({ payload: { n: 1 }, priority: 'urgent' }));
  // @ts-expect-error no such pool
  assert.throws(() => lot.pool('nowhere'));
});

test('a handler that is written in place gets its context, and its types go on to the pool', async (context) => {
  const { lot } = await openLot(
    context,
    { pools: { p: { max_units: 1 } } },
    {
      handlers: {
        p: async (payload: { n: number }, { signal, attempt }) =>
          signal.aborted ? '' : `${attempt + payload.n}`,
      },
    },
  );
  const handled = lot.pool('p');
  same<typeof handled, Pool<{ n: number }, string>>(true);
  const task = await handled.submit({ payload: { n: 1 } });
  assert.equal(await task.result(), '2');
});
