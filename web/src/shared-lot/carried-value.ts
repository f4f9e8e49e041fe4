import type { Outcome } from '../outcome.js';
import { arrivedError, type CarriedError, carryError } from './carried-error.js';

/** Marks an error that was carried, since structured clone would keep too little of it. */
interface Carried {
  readonly parkingLotError: CarriedError;
}

function packed(value: unknown): unknown {
  return value instanceof Error ? ({ parkingLotError: carryError(value) } satisfies Carried) : value;
}

function unpacked(value: unknown): unknown {
  const isCarried = typeof value === 'object' && value !== null && 'parkingLotError' in value;
  return isCarried ? arrivedError((value as Carried).parkingLotError) : value;
}

export function carriedOutcome(outcome: Outcome): Outcome {
  return outcome.error === undefined ? outcome : { ...outcome, error: packed(outcome.error) };
}

export function arrivedOutcome<Result>(outcome: Outcome): Outcome<Result> {
  const arrived = outcome.error === undefined ? outcome : { ...outcome, error: unpacked(outcome.error) };
  return arrived as Outcome<Result>;
}

/** Places where the answers of a lot hold errors: outcomes in views of tasks and payloads of messages. */
function withErrors(value: unknown, turn: (error: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withErrors(item, turn));
  if (typeof value !== 'object' || value === null) return value;
  const { tasks, outcome, payload } = value as { tasks?: unknown; outcome?: Outcome; payload?: unknown };
  if (Array.isArray(tasks)) return { ...value, tasks: tasks.map((task) => withErrors(task, turn)) };
  if (outcome?.error !== undefined) return { ...value, outcome: { ...outcome, error: turn(outcome.error) } };
  if ('messageId' in value && payload !== undefined) return { ...value, payload: turn(payload) };
  return value;
}

export function carriedValue(value: unknown): unknown {
  return withErrors(value, packed);
}

export function arrivedValue<T>(value: unknown): T {
  return withErrors(value, unpacked) as T;
}
