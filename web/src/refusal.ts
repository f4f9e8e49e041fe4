import type { Refusal } from './codes.js';

/** What to do about each refusal; the same sentences as the core's, which a test compares. */
export const refusalSentences: Readonly<Record<Refusal, string>> = {
  queue_full: 'The queue is full; retry later or raise max_queue_depth.',
  pool_disabled: 'The pool takes no tasks: max_units is 0, or it is draining or disabled.',
  cost_exceeds_capacity:
    'The task costs more units than the pool has or its tenant may use; it could never run.',
  deadline_passed: 'The deadline has already passed; give a later one.',
  invalid_deadline: 'The deadline is not a time within 100 years of now.',
  invalid_task: 'The task is malformed; correct the named field.',
  duplicate_task: 'Another task has this id; choose another id or submit the same body.',
  unknown_pool: 'No pool has this name; check the config.',
  unknown_task: 'No task with this id is known here; it may have been forgotten.',
  busy: 'The journal is behind; retry in a moment.',
  storage_unavailable: "The pool's storage is loading or failing; retry later.",
  unconfirmed: 'Storage failed before the answer was certain; retry with the same task id.',
  wrong_state: 'The task or pool is not in a state that allows this.',
  invalid_cursor: 'The cursor is malformed, or of other mailbox stores than these; fetch again without one.',
};

/** Where the core's name of a field is not TypeScript's. */
const fieldNames: Record<string, string> = {
  task_id: 'taskId',
  start_after: 'startAfter',
  max_lost: 'maxLost',
};

export function refusalSentence(code: Refusal, field: string): string {
  if (field === '') return refusalSentences[code];
  if (field === 'payload')
    return "payload: It is larger than the pool's max_payload_bytes; raise that limit.";
  return `${fieldNames[field] ?? field}: ${refusalSentences[code]}`;
}
