// Runs simulations away from the page: a message {request, trace} is answered with {answer, seconds} or {failure}.

import { loadSimulator } from './simulator.mjs';

const loading = loadSimulator();

self.onmessage = async ({ data: { request, trace } }) => {
  try {
    const whatIf = await loading;
    const began = performance.now();
    const answer = whatIf(request, trace);
    self.postMessage({ answer, seconds: (performance.now() - began) / 1000 });
  } catch (error) {
    self.postMessage({ failure: String(error) });
  }
};
