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
  // What is left empty is left to the simulator.
  const number = (name) => (fields.get(name) ? Number(fields.get(name)) : undefined);
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

function refuse(text) {
  state.className = 'bad';
  state.textContent = text;
}

/** Marks the fields whose numbers make no sense, and says what each must be. */
function complaints() {
  form.load_percent.required = form.units.value === '' && !form.units.validity.badInput;
  const texts = [];
  for (const field of form.querySelectorAll('input[type=number]')) {
    const isWrong = field.willValidate && !field.validity.valid;
    field.setAttribute('aria-invalid', isWrong);
    if (!isWrong) continue;
    if (texts.length === 0) field.focus();
    const [least, most] = [field.min, field.max].map((limit) => Number(limit).toLocaleString('en'));
    texts.push(`${field.labels[0].firstChild.textContent.trim()}: must be a whole number from ${least} to ${most}.`);
  }
  return texts;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const wrong = complaints();
  if (wrong.length > 0) return refuse(wrong.join(' '));
  const request = requestOf(new FormData(form));
  if (!request.generate && !file) return refuse('Choose a trace first.');
  if (request.policies.length === 0) return refuse('Choose a policy first.');
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
  const isOwn = form.generate.value === '';
  document.querySelector('#made-up').hidden = isOwn;
  form.tasks.disabled = form.seed.disabled = isOwn;
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
