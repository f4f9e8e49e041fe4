// How a worker of any kind answers what pages ask of it.

/** `answer(question)` resolves to what is sent back. */
export function answerPages(answer) {
  const hearFrom = (port) => (event) => {
    const { ask, question } = event.data ?? {};
    if (ask === undefined) return;
    const answered = answer(question).then((answer) => (port ?? event.source ?? self).postMessage({ answerTo: ask, answer }));
    event.waitUntil?.(answered);
  };
  self.addEventListener('message', hearFrom());
  self.addEventListener('connect', ({ ports: [port] }) => {
    port.addEventListener('message', hearFrom(port));
    port.start();
  });
  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
}
