// The page: what is asked for goes to the worker, what comes back is shown.

import { downloadText, showFigures, showPlots, spelledTime } from './results.js';

const form = document.querySelector('#form');
const state = document.querySelector('#state');
const worker = new Worker(new URL('simulate.worker.js', import.meta.url), { type: 'module' });

let file;

worker.onerror = (event) => {
  finish();
  state.textContent = `The simulator did not load: ${event.message ?? 'build it first (./dev build wasm)'}`;
  state.className = 'bad';
};

worker.onmessage = ({ data: { answer, seconds, failure } }) => {
  finish();
  const error = failure ?? (answer.error && [answer.error.where, answer.error.message].filter(Boolean).join(': '));
  state.className = error ? 'bad' : '';
  state.textContent = error ?? `${answer.policies.length} policies in ${seconds.toFixed(2)} s`;
  if (!error) show(answer);
};

function finish() {
  form.querySelector('#run').disabled = false;
  form.removeAttribute('aria-busy');
}

function show({ trace, policies, pictures }) {
  document.querySelector('#results').hidden = false;
  const [first] = policies;
  document.querySelector('#summary').textContent =
    `${trace.tasks.toLocaleString('en')} tasks over ${spelledTime(trace.span_ms)}; ${first.capacity.toLocaleString('en')} units, ` +
    `load ${(first.offered_load * 100).toFixed(1)} %${trace.left_out ? `; ${trace.left_out} entries without a run left out` : ''}`;
  showFigures(document.querySelector('#figures'), policies, ({ policy, config }) =>
    downloadText(`${policy.replace(/[^\w-]+/g, '-')}.json`, config),
  );
  showPlots(document.querySelector('#plots'), pictures);
}

/** What the form asks for, as core/simulate/what_if.h takes it. */
function requestOf(fields) {
  const number = (name) => Number(fields.get(name));
  const policies = fields.getAll('policy');
  if (fields.get('more').trim()) policies.push(fields.get('more').trim());
  const request = {
    policies,
    estimate_percent: number('estimate_percent'),
    kill_at_estimate: fields.has('kill_at_estimate'),
    load_percent: number('load_percent'),
    units: number('units'),
  };
  if (fields.get('generate')) return { ...request, generate: fields.get('generate'), tasks: number('tasks'), seed: number('seed') };
  return { ...request, name: file?.name ?? '' };
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const request = requestOf(new FormData(form));
  if (!request.generate && !file) {
    state.textContent = 'Choose a trace first.';
    return;
  }
  if (request.policies.length === 0) {
    state.textContent = 'Choose a policy first.';
    return;
  }
  form.querySelector('#run').disabled = true;
  form.setAttribute('aria-busy', 'true');
  state.className = '';
  state.textContent = 'Simulating…';
  const trace = request.generate ? new Uint8Array() : new Uint8Array(await file.arrayBuffer());
  worker.postMessage({ request, trace }, [trace.buffer]);
});

function choose(chosen) {
  if (!chosen) return;
  file = chosen;
  form.generate.value = '';
  document.querySelector('#file-name').textContent = chosen.name;
  showSource();
}

function showSource() {
  document.querySelector('#made-up').hidden = form.generate.value === '';
}

form.generate.addEventListener('change', showSource);
form.file.addEventListener('change', () => choose(form.file.files[0]));
const drop = document.querySelector('#drop');
for (const name of ['dragover', 'dragleave', 'drop']) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', name === 'dragover');
    if (name === 'drop') choose(event.dataTransfer.files[0]);
  });
}
