import { type ErrorCode, ParkingLotError, spell } from './errors.js';
import { reportError } from './worker/protocol.js';

/** A payload or a result as JSON. `invalid_task`, with the part that is to blame, for what JSON does not carry whole. */
export function storedText(field: string, value: unknown): string {
  let flaw: Flaw | undefined;
  try {
    flaw = flawOf(value, []);
    if (!flaw) return JSON.stringify(value);
  } catch (error) {
    flaw = { path: '', what: `a value that cannot be read (${reportError(error).message})` };
  }
  throw refusal(field, flaw);
}

/** What a task failed with, as JSON: errors keep name, message, code and stack, the rest is kept if JSON carries it. */
export function storedFailure(error: unknown): string {
  try {
    if (typeof error === 'object' && error !== null && 'message' in error) {
      const { code } = error as { code?: unknown };
      return JSON.stringify({ ...reportError(error), ...(typeof code === 'string' && { code }) });
    }
    return storedText('error', error);
  } catch {
    return JSON.stringify(reportError(error));
  }
}

/** The error behind a stored failure; what was no error stays as it is. */
export function failureFrom(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { name, message, stack, code } = value as Record<string, unknown>;
  if (typeof name !== 'string' || typeof message !== 'string') return value;
  if (name === 'ParkingLotError' && typeof code === 'string') {
    return new ParkingLotError(code as ErrorCode, message);
  }
  const error = new Error(message);
  error.name = name;
  if (typeof stack === 'string') error.stack = stack;
  return typeof code === 'string' ? Object.assign(error, { code }) : error;
}

/** What JSON does not carry, and the way to it, which is put together only when there is something to tell. */
interface Flaw {
  readonly path: string;
  readonly what: string;
}

/** The first part that JSON does not carry. `above`: the objects that the value is in. */
function flawOf(value: unknown, above: object[]): Flaw | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      if (Number.isFinite(value)) return undefined;
      break;
    case 'object':
      if (value === null) return undefined;
      if (above.includes(value)) return { path: '', what: 'an object that contains itself' };
      if (Array.isArray(value)) {
        above.push(value);
        for (let i = 0; i < value.length; i++) {
          const flaw = flawOf(value[i], above);
          if (flaw) return { path: `[${i}]${flaw.path}`, what: flaw.what };
        }
        above.pop();
        return undefined;
      }
      if (!isPlain(value)) break;
      above.push(value);
      for (const key in value) {
        const part = (value as Record<string, unknown>)[key];
        const flaw = part === undefined ? undefined : flawOf(part, above);
        if (flaw) return { path: `.${key}${flaw.path}`, what: flaw.what };
      }
      above.pop();
      return undefined;
  }
  return { path: '', what: spellKind(value) };
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype !== Object.prototype && prototype !== null) return false;
  return typeof (value as { toJSON?: unknown }).toJSON !== 'function';
}

function spellKind(value: unknown): string {
  const kind = typeof value === 'object' && value !== null ? value.constructor?.name : undefined;
  return kind !== undefined && kind !== 'Object' ? `a ${kind}` : spell(value);
}

function refusal(field: string, { path, what }: Flaw): ParkingLotError {
  return new ParkingLotError(
    'invalid_task',
    `${field}${path}: must be JSON, because it is stored, and not ${what}; send a text or plain data`,
    { field },
  );
}
