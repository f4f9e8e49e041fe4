// A worker of any kind with a garage, which it shares with pages. It calls the methods that it is asked for.

import { Garages } from '/package/garage.js';
import { answerPages } from './answering.js';

let opened;

answerPages(({ config, method, args }) => {
  opened ??= Garages.open({ garages: { g: config } });
  return opened
    .then((garages) => garages.garage('g')[method](...args))
    .catch((error) => `${error.code}: ${error.message}`);
});
