// How figures are written.

const zone = 'Europe/Berlin';
const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
const dayAndClock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit' });
const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });
const wholeEuros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 });
const whole = new Intl.NumberFormat('en-GB');

export const timeOf = (ms) => clock.format(ms);
export const dayTimeOf = (ms) => dayAndClock.format(ms);
export const moneyOf = (cents) => euros.format(cents / 100);
export const wholeMoneyOf = (cents) => wholeEuros.format(cents / 100);
export const countOf = (number) => whole.format(number);

/** `45 min`, `2 h 30 min`, `3 d 4 h`. */
export function lengthOf(ms) {
  const minutes = Math.round(ms / 60_000);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`;
  return `${rest} min`;
}
