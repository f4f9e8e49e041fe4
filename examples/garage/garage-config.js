// The garage of this page, as it would stand under "garages" in any config.

const row = {
  spots: [
    { count: 2, features: ['accessible'] },
    { count: 12 },
    { count: 4, kind: 'compact' },
    { count: 2, features: ['ev_charger'] },
    { count: 1, kind: 'oversized' },
  ],
};

/** What the tariff editor begins with. Amounts in cents. */
export const firstTariff = {
  grace_entry: '10m',
  grace_exit: '15m',
  tiers: [{ upto: '1h', fee: 250 }],
  increment: { length: '30m', fee: 125 },
  daily_cap: { amount: 1800 },
  overnight: { from: '22:00', to: '06:00', fee: 700 },
  weekend: { days: ['sat', 'sun'], percent: 100 },
  lost_ticket: 2500,
  surge: { occupancy: [{ above_percent: 90, percent: 125 }] },
};

/** Three levels of 84 spots; the north entrance is on top, the south one at the bottom. */
export const garageConfig = (tariff) => ({
  zone: 'Europe/Berlin',
  currency: 'EUR',
  levels: { 'P1-P3': { 'A-D': row } },
  entrances: { north: { P1: 0, P2: 60, P3: 120 }, south: { P3: 0, P2: 60, P1: 120 } },
  allocation: 'nearest',
  allocation_switches: [{ from_percent: 85, allocation: 'fill_in' }],
  lane_max: 40,
  tariffs: { standard: tariff },
});
