import { type ErrorCode, ParkingLotError, spell } from './errors.js';

/** A payload or a result as JSON. `invalid_task`, with the part that is to blame, for what JSON does not carry whole. */
export function storedText(field: string, value: unknown): string {
  if (!isCarried(value, 0)) check(field, value, []);
  return JSON.stringify(value);
}

/** What a task failed with, as JSON: errors keep name, message, code and stack, the rest is kept if JSON carries it. */
export function storedFailure(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { name, message, stack, code } = error as Record<string, unknown>;
    return JSON.stringify({
      name: typeof name === 'string' ? name : 'Error',
      message: String(message),
      ...(typeof code === 'string' && { code }),
      ...(typeof stack === 'string' && { stack }),
    });
  }
  try {
    return storedText('error', error);
  } catch {
    return JSON.stringify({ name: 'Error', message: String(error) });
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

/** Deeper than this it is looked at with the way to each part, which finds an object that contains itself. */
const plainDepth = 32;

/** Whether JSON carries all of it. May also say no of what is deep. */
function isCarried(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      if (value === null) return true;
      if (depth === plainDepth) return false;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) if (!isCarried(value[i], depth + 1)) return false;
        return true;
      }
      if (!isPlain(value)) return false;
      for (const key in value) {
        const part = (value as Record<string, unknown>)[key];
        if (part !== undefined && !isCarried(part, depth + 1)) return false;
      }
      return true;
  }
  return false;
}

/** Throws at the first part that JSON does not carry. */
function check(path: string, value: unknown, above: object[]): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (Number.isFinite(value)) return;
      break;
    case 'object':
      if (value === null) return;
      if (above.includes(value)) throw refusal(path, 'an object that contains itself');
      if (Array.isArray(value)) {
        above.push(value);
        for (let i = 0; i < value.length; i++) check(`${path}[${i}]`, value[i], above);
        above.pop();
        return;
      }
      if (!isPlain(value)) break;
      above.push(value);
      for (const key in value) {
        const part = (value as Record<string, unknown>)[key];
        if (part !== undefined) check(`${path}.${key}`, part, above);
      }
      above.pop();
      return;
  }
  throw refusal(path, spellKind(value));
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

function refusal(path: string, what: string): ParkingLotError {
  const field = /^[^.[]+/.exec(path)![0];
  return new ParkingLotError(
    'invalid_task',
    `${path}: must be JSON, because it is stored, and not ${what}; send a text or plain data`,
    { field },
  );
}
