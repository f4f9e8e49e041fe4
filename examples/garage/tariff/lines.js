// What the lines of a price mean.

const names = {
  grace: 'Within the free minutes',
  flat: 'Base fee',
  event: 'Event',
  time: 'Time',
  night: 'Night, flat',
  weekend: 'Weekend',
  surge: 'Full house',
  cap: 'Day’s maximum',
  vehicle: 'Vehicle',
  ev_overstay: 'Charger blocked',
  lost_ticket: 'Lost ticket',
  validation: 'Validation',
  permit: 'Permit',
  rounding: 'Rounding',
  fixed: 'Fixed by an operator',
};

export const nameOfLine = ({ kind, percent }) => (percent === undefined ? names[kind] : `${names[kind]}, ${percent} %`);
