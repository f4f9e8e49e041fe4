import { openKit } from './kit-page.mjs';

/** Six spots, a fee for each half hour. */
export const garage = {
  levels: { P1: { A: 6 } },
  entrances: { south: { P1: 0 } },
  tariffs: { standard: { increment: { length: '30m', fee: 150 }, grace_exit: '10m' } },
};

/** Opens the garage in a page and lets the page keep it, and what it hears of changes, as `g` and `heard`. */
export const open = (page, database, { config = garage, kind = 'idbfs' } = {}) =>
  page.evaluate(
    async ({ config, storage }) => {
      const { ParkingLot } = await import('/package/index.js');
      const garages = { g: { ...config, storage } };
      window.lot = await ParkingLot.open({ pools: { p: { max_units: 1 } }, garages });
      window.g = lot.garage('g');
      window.heard = [];
      g.onChange((change) => heard.push(change));
    },
    { config, storage: kind === 'opfs' ? { type: kind, directory: database } : { type: kind, database } },
  );

export async function openTab(context, database, options) {
  const page = await context.newPage();
  await openKit(page);
  await open(page, database, options);
  return page;
}

/** A method's answer, or the code with which it was refused. */
export const call = (page, method, ...args) =>
  page.evaluate(
    ({ method, args }) => g[method](...args).catch(({ code, due }) => ({ code, due })),
    { method, args },
  );

export const plates = async (page) => (await call(page, 'tickets')).map(({ plate }) => plate);
