import { expect, test } from './kit-page.mjs';

test('a lot in a dedicated worker runs its tasks in workers of its own', async ({ page }) => {
  const answers = await page.evaluate(async () => {
    const host = kit.worker('/pages/lot.worker.js');
    return [
      await kit.ask(host, { do: 'run', spec: { payload: { do: 'echo', value: 'nested' }, units: 2 } }),
      await kit.ask(host, { do: 'run', spec: { payload: { do: 'closeItselfOnce', value: 'again' } } }),
      await kit.ask(host, { do: 'run', pool: 'inline', spec: { payload: { value: 'here' } } }),
    ];
  });
  expect(answers).toMatchObject([
    { status: 'completed', result: 'nested' },
    { status: 'completed', result: 'again', attempt: 2 },
    { status: 'completed', result: 'inline here' },
  ]);
});
