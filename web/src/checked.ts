import { invalid, ParkingLotError, spell } from './errors.js';
import { nearest } from './spelling.js';

/** An object with no other keys than these; the error names the stray one and what was probably meant. */
export function checkObject(
  field: string,
  value: unknown,
  keys: readonly string[],
  code: 'invalid_task' | 'invalid_argument' = 'invalid_argument',
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(code, field, `must be an object with ${keys.join(', ')}`, value);
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    const meant = nearest(key, keys);
    const hint = meant ? `; did you mean ${meant}?` : `; known here: ${keys.join(', ')}`;
    const path = `${field}.${key}`;
    throw new ParkingLotError(code, `${path}: is not known${hint}`, { field: path });
  }
  return value as Record<string, unknown>;
}

export function checkFunction(field: string, value: unknown): void {
  if (typeof value !== 'function') throw invalid('invalid_argument', field, 'must be a function', value);
}

/** What is thrown for a name that the config has not. */
export function unknownName(
  what: 'pool' | 'garage',
  name: unknown,
  known: readonly string[],
): ParkingLotError {
  const meant = typeof name === 'string' ? nearest(name, known) : undefined;
  const hint = meant ? `did you mean ${meant}?` : `the config has ${known.join(', ')}`;
  return new ParkingLotError(`unknown_${what}`, `No ${what} is named ${spell(name)}; ${hint}`, {
    field: what,
  });
}
