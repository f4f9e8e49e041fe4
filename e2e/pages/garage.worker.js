// A worker of any kind with a garage, which it shares with pages. It calls the methods that it is asked for.

import { Garages } from '/package/garage.js';

let opened;

function hearFrom(port) {
  return (event) => {
    const { ask, question } = event.data ?? {};
    if (ask === undefined) return;
    const { config, method, args } = question;
    opened ??= Garages.open({ garages: { g: config } });
    const answered = opened
      .then((garages) => garages.garage('g')[method](...args))
      .catch((error) => `${error.code}: ${error.message}`)
      .then((answer) => (port ?? event.source ?? self).postMessage({ answerTo: ask, answer }));
    event.waitUntil?.(answered);
  };
}

self.addEventListener('message', hearFrom());
self.addEventListener('connect', ({ ports: [port] }) => {
  port.addEventListener('message', hearFrom(port));
  port.start();
});
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
