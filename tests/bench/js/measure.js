// All rounds of the JavaScript benchmark in one realm: the queues in turns, a collection of garbage before each.

import { checkCapacity } from './capacity.js';
import { queues, submitRate } from './queues.js';

/**
 * Answers `{queues: [{name, samples, share}], submit: {calls, receipts}, capacity}`; times in milliseconds for `count`
 * tasks. `collect` frees garbage, so that no queue pays for another's.
 */
export async function measureAll({ count, rounds, collect = () => undefined }) {
  for (const { measure, share = 1 } of queues) await measure(count * share * 0.1);
  await submitRate(count * 0.1);
  const found = queues.map(({ name, share = 1 }) => ({ name, share, samples: [] }));
  const submit = { calls: [], receipts: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { measure, share = 1 }] of queues.entries()) {
      await settle(collect);
      found[i].samples.push((await measure(count * share)) / share);
    }
    await settle(collect);
    const { calls, receipts } = await submitRate(count);
    submit.calls.push(calls);
    submit.receipts.push(receipts);
  }
  return { queues: found, submit, capacity: await checkCapacity(count) };
}

/** Lets what is left over from the last queue run out. */
async function settle(collect) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  collect();
}
