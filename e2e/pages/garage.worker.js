// A worker with a garage, which it shares with the page that made it. It calls the methods that it is asked for.

import { Garages } from '/package/garage.js';

let opened;

self.addEventListener('message', ({ data: { ask, question } }) => {
  const { config, method, args } = question;
  opened ??= Garages.open({ garages: { g: config } });
  opened
    .then((garages) => garages.garage('g')[method](...args))
    .catch((error) => `${error.name}: ${error.message}`)
    .then((answer) => self.postMessage({ answerTo: ask, answer }));
});
